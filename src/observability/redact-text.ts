export const hidden = '[redacted]'

/** Names whose values are secrets wherever they stand: `password`, `sasl.password`, `userToken`, `Authorization`. */
export const secretName: RegExp =
  /authorization|cookie|password|passwd|passphrase|secret|token|credential|api[-_]?key|private[-_]?key/i

/** Names that are one only in front of `=`, as in queries and forms: as members of objects they are keys of records and such. */
const secretParameter = /(^|[^a-z])(key|pass|pwd|auth|jwt|sig)$|access[-_]?key|signature/i

/** Authorization values quoted in messages of other libraries. */
const authorizationValue = /\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{4,}/gi

/**
 * What has neither white space nor a double quote in it: a URL ends there at the latest. Not at a single quote, which the
 * password of a URL may hold.
 */
const run = /[^\s"]+/g
const fileScheme = /(^|[^a-z0-9+.-])file$/i

/** Longer than any name that is meant. */
const maxNameLength = 64
const nameBefore = /[\w.%[\]-]+$/
const valueEnd = /[\s"&;,<>]/g

/** Shown of one text. */
const maxTextLength = 8_192

/** Read of one text: what stands behind it is not shown, however much of what stands before is taken out. */
const maxReadLength = 65_536

/**
 * Free text as it may be logged: credentials in URLs, values of parameters with secret names and Authorization values taken
 * out, over-long text cut. Cut last: half a URL does not show that it has a password. Each step reads the text once, whatever is in it.
 */
export function redactText(text: string): string {
  const read = text.length > maxReadLength ? withoutLastRun(text.slice(0, maxReadLength)) : text
  // Authorization values first: behind a name that is one, only the word Bearer would be the value.
  const shown = withoutSecretValues(
    read.replace(run, withoutUserInfo).replace(authorizationValue, `$1 ${hidden}`),
  )
  if (shown.length <= maxTextLength && read === text) return shown
  return `${shown.slice(0, maxTextLength)}… (${text.length} characters)`
}

/** The run that the cut went through may have its `@` behind the cut. One without anything that could hold a secret is kept. */
function withoutLastRun(text: string): string {
  const start = Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n'), text.lastIndexOf('"')) + 1
  return text.indexOf('://', start) < 0 ? text : text.slice(0, start)
}

/**
 * `scheme://user:password@`, up to the last `@`: a password may hold `@`, `/` and `?` where nobody has encoded it. The `@` of
 * a digest is no end of one, or no reference of an image could be read; and a file has no password, but a stack names packages
 * such as `@opentelemetry/api`.
 */
function withoutUserInfo(text: string): string {
  let scheme = text.indexOf('://')
  while (scheme >= 0 && fileScheme.test(text.slice(Math.max(0, scheme - 5), scheme))) {
    scheme = text.indexOf('://', scheme + 3)
  }
  if (scheme < 0) return text
  let at = text.lastIndexOf('@')
  while (at > scheme && /^@sha\d+:/.test(text.slice(at, at + 8))) at = text.lastIndexOf('@', at - 1)
  return at < scheme + 3 ? text : `${text.slice(0, scheme + 3)}${hidden}${text.slice(at)}`
}

/** `token=…` of queries, fragments, forms and messages, with what it is quoted in. */
function withoutSecretValues(text: string): string {
  let shown = ''
  let from = 0
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', Math.max(from, at + 1))) {
    const [name = ''] = nameBefore.exec(text.slice(Math.max(from, at - maxNameLength), at)) ?? []
    if (!secretName.test(name) && !secretParameter.test(name)) continue
    const end = endOfValue(text, at + 1)
    if (end === at + 1) continue
    shown += `${text.slice(from, at + 1)}${hidden}`
    from = end
  }
  return shown + text.slice(from)
}

function endOfValue(text: string, start: number): number {
  const quote = text[start]
  if (quote === '"' || quote === "'") {
    const closing = text.indexOf(quote, start + 1)
    if (closing >= 0) return closing + 1
  }
  valueEnd.lastIndex = start + (quote === '"' ? 1 : 0)
  return valueEnd.exec(text)?.index ?? text.length
}
