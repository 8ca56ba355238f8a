import { Agent, request } from 'node:http'
import type { GeneratedEvent } from './generated-event.ts'
import type { Outcome } from './operation.ts'

export interface PostOptions {
  readonly timeoutMs: number
  readonly authorization: string
}

/** One attempt on a connection of its own, as Docker Distribution makes it. Never rejects. */
export function postOnce(url: string, event: GeneratedEvent, options: PostOptions): Promise<Outcome> {
  const { body, contentType } = event
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      {
        agent: new Agent({ keepAlive: false }),
        method: 'POST',
        headers: {
          'user-agent': 'Go-http-client/1.1',
          'content-length': body.length,
          authorization: options.authorization,
          'content-type': contentType,
          'accept-encoding': 'gzip',
        },
      },
      (response) => {
        // The status decides, as in the registry: what breaks after it changes nothing.
        clearTimeout(timer)
        resolve(outcomeOf(response.statusCode ?? 0))
        response.on('error', () => undefined)
        response.resume()
      },
    )
    const timer = setTimeout(() => outgoing.destroy(new Error('timeout')), options.timeoutMs)
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      const reason = error.code ?? error.message
      resolve({ type: reason === 'ECONNREFUSED' ? 'fail' : 'info', reason })
    })
    outgoing.end(body)
  })
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { type: 'ok', status }
  const reason = `status ${status}`
  return status >= 400 && status < 500 ? { type: 'fail', status, reason } : { type: 'info', status, reason }
}
