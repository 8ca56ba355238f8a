import * as http from 'node:http'
import * as https from 'node:https'
import type { Answer } from '../operations/loadgen-post.ts'

export interface LoadPosterOptions {
  /** `http:` or `https:`; with a user and a password as registries take them. */
  readonly url: string
  /** Further header lines. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** From connecting until the head of the answer is there, and of a refusal its message. */
  readonly timeoutMs: number
  /** GitLab keeps its connection between events; Distribution opens a new one for each attempt. */
  readonly keepConnection: boolean
}

export interface Notification {
  readonly contentType: string
  readonly body: string | Buffer
}

/** Posts a notification; never rejects but with the signal's reason. */
export type NotificationPost = (notification: Notification, signal: AbortSignal) => Promise<Answer>

/** The message of a refusal is short; more of a body is not looked at. */
const mostBody = 4_096

/** Posts for one registry, with the header lines that Go sends, in its order. */
export function loadPoster(options: LoadPosterOptions): NotificationPost {
  const { url, headers, timeoutMs, keepConnection } = options
  const target = new URL(url)
  const { Agent, request } = target.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return ({ contentType, body }, signal) =>
    new Promise<Answer>((resolve, reject) => {
      const outgoing = request(target, {
        agent,
        method: 'POST',
        headers: {
          Host: target.host,
          'User-Agent': 'Go-http-client/1.1',
          'Content-Length': Buffer.byteLength(body),
          ...Object.fromEntries([...headers, ['Content-Type', contentType] as const].toSorted(byName)),
          'Accept-Encoding': 'gzip',
        },
      })
      // Go sends no such line.
      outgoing.removeHeader('Connection')
      let timedOut = false
      let answered = false
      const timer = setTimeout(() => {
        timedOut = true
        outgoing.destroy(new Error('timeout'))
      }, timeoutMs)
      const callOff = (): void => {
        outgoing.destroy(new Error('called off'))
      }
      signal.addEventListener('abort', callOff, { once: true })
      const over = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', callOff)
      }
      outgoing.on('response', async (response) => {
        const { statusCode: status = 0 } = response
        answered = true
        const message = status < 400 ? '' : await messageOf(response)
        over()
        resolve({ status, message })
        // Go reads no body, and can use a connection again only when there was none.
        const isEmpty = status === 204 || response.headers['content-length'] === '0'
        if (keepConnection && isEmpty) response.resume()
        else outgoing.destroy()
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (answered) return
        over()
        if (signal.aborted) reject(signal.reason)
        else resolve({ failure: timedOut ? 'timeout' : (error.code ?? error.name) })
      })
      if (signal.aborted) callOff()
      outgoing.end(body)
    })
}

/** What a gateway says in `message`; empty for anything else. */
async function messageOf(response: http.IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length > mostBody) break
    }
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return ''
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1
}
