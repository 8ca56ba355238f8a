import { Agent, request } from 'node:http'

export interface Notification {
  readonly contentType: string
  readonly body: string | Buffer
}

/**
 * Posts one notification the way Docker Distribution does: a new connection for every body, a length, no chunks.
 * Resolves with the status; rejects when there was no answer within `timeoutMs`.
 */
export function postNotification(
  url: string,
  notification: Notification,
  timeoutMs = 1_000,
): Promise<number> {
  const body = Buffer.from(notification.body)
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    const outgoing = request(
      url,
      {
        agent,
        method: 'POST',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'user-agent': 'Go-http-client/1.1',
          'content-length': body.length,
          'content-type': notification.contentType,
          'accept-encoding': 'gzip',
        },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
