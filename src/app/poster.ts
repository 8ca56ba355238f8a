import { loadPoster, type Notification } from './loadgen-poster.ts'

/**
 * Posts one notification the way Docker Distribution does: a new connection for every body, a length, no chunks.
 * Resolves with the status; rejects when there was no answer within `timeoutMs`.
 */
export async function postNotification(
  url: string,
  notification: Notification,
  timeoutMs = 1_000,
): Promise<number> {
  const post = loadPoster({ url, headers: [], timeoutMs, keepConnection: false })
  const answer = await post(notification, new AbortController().signal)
  if ('status' in answer) return answer.status
  throw new Error(`no answer: ${answer.failure}`)
}
