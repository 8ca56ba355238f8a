/** What an endpoint of the bridge said about one event. */
export type DeliveryVerdict =
  | 'delivered'
  /** It may pass. */
  | 'retry'
  /** The set-up is wrong and not the event: no event may be lost for it. */
  | 'misconfigured'
  /** It will never take this event. */
  | 'refused'
  /** It wants no more events at all. */
  | 'gone'

/** Statuses with a meaning of their own; all others go by their hundreds. */
const verdicts: ReadonlyMap<number, DeliveryVerdict> = new Map([
  [400, 'refused'],
  [408, 'retry'],
  [410, 'gone'],
  [413, 'refused'],
  [415, 'refused'],
  [422, 'refused'],
  [425, 'retry'],
  [429, 'retry'],
])

/** Code of the error with which a delivery rejects. */
export const verdictCodes: {
  readonly retry: 'DELIVERY_FAILED'
  readonly misconfigured: 'ENDPOINT_MISCONFIGURED'
  readonly refused: 'DELIVERY_REFUSED'
  readonly gone: 'ENDPOINT_GONE'
} = {
  retry: 'DELIVERY_FAILED',
  misconfigured: 'ENDPOINT_MISCONFIGURED',
  refused: 'DELIVERY_REFUSED',
  gone: 'ENDPOINT_GONE',
}

/**
 * Of a final answer. A redirect is never followed, because a receiver that moved could name any address of the inner
 * network; it is answered until somebody corrects the URL, as 401, 403 and 404 are until somebody corrects what they
 * complain about.
 */
export function verdictOf(status: number): DeliveryVerdict {
  if (status >= 200 && status <= 299) return 'delivered'
  return verdicts.get(status) ?? (status >= 300 && status <= 499 ? 'misconfigured' : 'retry')
}
