import { RelayError } from '../errors.ts'
import type { HeaderValues } from './request-headers.ts'

/**
 * What belongs to the message's framing and to the connection. Distribution drops the four it knows of when they are
 * spelt canonically and sends the others; a second `content-length` is how requests are smuggled.
 */
const framing = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0a-\x1f\x7f]/

export interface EnvelopeHeaders {
  /** Name and value alternating, as they are sent. */
  readonly lines: readonly string[]
  /** Configured, and not sent. */
  readonly dropped: readonly string[]
}

/**
 * The header of every request of an {@link HttpSink}: what is configured is added to the sink's own lines and takes the
 * place of none but `User-Agent`. User name and password of the URL become a line `Authorization: Basic …` before the
 * configured ones.
 *
 * @throws CONFIG_INVALID with the name of the header, never its value
 */
export function envelopeHeaders(
  url: URL,
  mediaType: string,
  userAgent: string,
  configured: HeaderValues,
): EnvelopeHeaders {
  const lines = new Map<string, string[]>([['Content-Type', [mediaType]]])
  const credentials = basicCredentials(url)
  if (credentials !== undefined) lines.set('Authorization', [credentials])
  const dropped: string[] = []
  let agent: string | undefined

  for (const [name, value] of Object.entries(configured)) {
    const values = (typeof value === 'string' ? [value] : value).map((one) => fieldBytes(name, one))
    if (!token.test(name)) throw invalid(name, 'is no name of a header')
    const lower = name.toLowerCase()
    if (framing.has(lower)) dropped.push(name)
    else if (lower === 'user-agent') agent ??= values[0]
    else lines.set(name, [...(lines.get(name) ?? []), ...values])
  }

  const names = [...lines.keys()]
  if (!names.some((name) => name.toLowerCase() === 'accept-encoding')) lines.set('Accept-Encoding', ['gzip'])
  const inOrder = [...names.toSorted(byteOrder), ...[...lines.keys()].slice(names.length)]
  return {
    lines: [
      'User-Agent',
      agent ?? userAgent,
      ...inOrder.flatMap((name) => (lines.get(name) ?? []).flatMap((value) => [name, value])),
    ],
    dropped,
  }
}

/** Names are ASCII, so the order of UTF-16 units is the order of bytes. */
function byteOrder(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
}

/** A header goes out byte by byte; a text beyond ASCII goes as UTF-8, as a registry sends it. */
function fieldBytes(name: string, value: string): string {
  if (control.test(value)) throw invalid(name, 'has a value with a line break or other control character')
  return Buffer.from(value, 'utf8').toString('latin1')
}

function invalid(name: string, why: string): RelayError {
  return new RelayError('CONFIG_INVALID', `headers: ${JSON.stringify(name)} ${why}`, {
    facts: { header: name },
  })
}
