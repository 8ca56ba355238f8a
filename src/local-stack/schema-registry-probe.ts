import { request } from 'node:http'
import { request as requestOverTls } from 'node:https'

/** An answer is a small JSON text; whatever is longer than this is not a schema registry. */
const longestAnswer = 1 << 20

/** Resolves when the registry answers a request of the Confluent API with a list of subjects. */
export async function probeSchemaRegistry(url: string, timeoutMs: number): Promise<void> {
  const answer = await call('GET', `${url}/subjects`, undefined, timeoutMs)
  if (!answer.startsWith('[')) throw new Error(`${url} answers, but not as a schema registry does`)
}

/**
 * Sets the compatibility level for all subjects. Confluent's own default is BACKWARD, the other registries' is NONE:
 * with this, a schema that would break readers is refused here as it would be in production.
 */
export async function setBackwardCompatibility(url: string, timeoutMs: number): Promise<void> {
  await call('PUT', `${url}/config`, JSON.stringify({ compatibility: 'BACKWARD' }), timeoutMs)
}

function call(method: string, url: string, body: string | undefined, timeoutMs: number): Promise<string> {
  const send = url.startsWith('https:') ? requestOverTls : request
  const { username, password, ...place } = splitCredentials(url)
  return new Promise((resolve, reject) => {
    const sent = send(place.url, {
      method,
      agent: false,
      timeout: timeoutMs,
      headers: { accept: 'application/json', ...(body === undefined ? {} : jsonHeaders(body)) },
      ...(username === '' ? {} : { auth: `${username}:${password}` }),
    })
    sent.once('timeout', () => sent.destroy(new Error(`did not answer within ${timeoutMs} ms`)))
    sent.once('error', (error) => reject(new Error(`${place.url}: ${error.message}`)))
    sent.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > longestAnswer) sent.destroy(new Error('answers without an end'))
      })
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${place.url} answered with status ${response.statusCode}`))
      })
    })
    sent.end(body)
  })
}

function jsonHeaders(body: string): Record<string, string | number> {
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
}

/** The address for messages must not hold what may stand before the @ in the address for requests. */
function splitCredentials(text: string): { url: string; username: string; password: string } {
  const url = new URL(text)
  const username = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  return { url: url.href, username, password }
}
