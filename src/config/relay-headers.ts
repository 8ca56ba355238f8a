/** Headers that no endpoint may configure: as in the room `http`, which this one must not import. In lower case. */
export const relayHeaders: readonly string[] = [
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'registry-relay-attempt',
  'registry-relay-record',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
]

/** True for a header that an endpoint may have beside those of the relay, in any case of letters. */
export function isFreeHeader(name: string): boolean {
  return !relayHeaders.includes(name.toLowerCase())
}
