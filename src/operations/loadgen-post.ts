/** One attempt at the gateway. */
export type Answer =
  | { readonly status: number; readonly message: string }
  /** None came: `timeout`, or the code of the connection's failure, as `ECONNREFUSED`. */
  | { readonly failure: string }

/** Posts a body; never rejects but with the signal's reason. */
export type Post = (
  notification: { readonly contentType: string; readonly body: string },
  signal: AbortSignal,
) => Promise<Answer>

/** As registries see it: a redirect without another address counts as taken too, and they follow none here. */
export function isTaken(answer: Answer): boolean {
  return 'status' in answer && answer.status >= 200 && answer.status < 400
}

/** For tables and counters: `200`, `ECONNREFUSED`. */
export function answerText(answer: Answer): string {
  return 'status' in answer ? String(answer.status) : answer.failure
}

/**
 * Why nothing can be posted; undefined when all is well. Asks with an Envelope without events, of which a gateway keeps nothing.
 */
export async function gatewayProblem(
  post: Post,
  contentType: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await post({ contentType, body: '{}' }, signal)
  if (!('status' in answer)) {
    const why = answer.failure === 'timeout' ? 'in time' : `(${answer.failure})`
    return `the gateway does not answer ${why}: does it run, and is --url its address?`
  }
  if (answer.status >= 200 && answer.status < 300) return undefined
  const said = answer.message === '' ? '' : ` ${answer.message}`
  return `the gateway answers ${answer.status}:${said}${adviceOf(answer.status)}`
}

function adviceOf(status: number): string {
  if (status === 401 || status === 403)
    return ' Give the token that registries use with --token, or --header.'
  if (status === 404) return ' The path of --url must be gateway.path.'
  if (status === 503) return ' See /readyz of the gateway.'
  return ''
}
