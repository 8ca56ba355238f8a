import http from 'node:http'
import https from 'node:https'
import { RelayError } from '../../errors.ts'
import { type Present, presentOf } from '../../present.ts'
import { isTlsFault } from '../classify.ts'
import { readTokenAnswer, type Token } from './token-answer.ts'

export interface TokenEndpointOptions {
  /** Of the provider: https, or http where the network is trusted. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: Present<string>
  readonly scope?: string
  readonly audience?: string
  /** PEM texts, for a provider whose certificate Node.js does not know. */
  readonly tls?: Present<{ readonly ca?: string }>
  /** For one request, from its start to the last byte of the answer. Default 10,000. */
  readonly timeoutMs?: number
}

/** A token is some kilobytes; whatever is longer than this is not a token endpoint. */
const maxAnswerBytes = 1024 * 1024

/** Asks for a token once. See {@link readTokenAnswer} for what it rejects with. */
export type TokenEndpoint = () => Promise<Token>

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4): a form, with the client's id and secret by HTTP Basic. Each question has a
 * connection of its own: they are minutes apart.
 *
 * @throws RelayError CONFIG_INVALID for a URL that is none, or that holds credentials
 */
export function tokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const url = URL.parse(options.url)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new RelayError('CONFIG_INVALID', 'the token URL must be http or https, without user and password')
  }
  const { clientId, clientSecret, scope, audience, tls = {}, timeoutMs = 10_000 } = options
  const from = `the token endpoint ${url.origin}${url.pathname} (client ${clientId})`
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
  }).toString()
  return async () => {
    const answer = await post(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...(url.protocol === 'https:' ? presentOf(tls) : {}),
      headers: {
        authorization: `Basic ${basic(clientId, presentOf(clientSecret))}`,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        accept: 'application/json',
      },
      body,
    }).catch((error: Error & { readonly code?: unknown }) => {
      throw unanswered(from, error, timeoutMs)
    })
    return readTokenAnswer(answer, from)
  }
}

/** Both as forms have them, because an id may hold a colon. */
function basic(clientId: string, secret: string): string {
  const [id, word] = [clientId, secret].map((text) => new URLSearchParams({ '': text }).toString().slice(1))
  return Buffer.from(`${id}:${word}`).toString('base64')
}

function post(
  url: URL,
  { body, ...options }: https.RequestOptions & { body: string },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > maxAnswerBytes) response.destroy(new Error(`an answer over ${maxAnswerBytes} bytes`))
      })
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

/** A certificate that is not trusted does not heal by itself; everything else may. */
function unanswered(from: string, error: Error & { readonly code?: unknown }, timeoutMs: number): RelayError {
  const { code } = error
  if (isTlsFault(code)) {
    return new RelayError(
      'KAFKA_CONFIGURATION',
      `${from}: ${error.message} (${code}); check caFile and tokenUrl`,
    )
  }
  const late = error.name === 'TimeoutError' || code === 'ABORT_ERR'
  const words = late ? `no answer within ${timeoutMs} ms` : error.message
  return new RelayError('KAFKA_UNAVAILABLE', `${from} cannot be asked: ${words}`)
}
