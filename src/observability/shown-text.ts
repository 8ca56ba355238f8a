import { redactText } from './redact-text.ts'

/**
 * Queries carry tokens, and names hardly ever say so; fragments do where somebody has logged in. Of URLs and of paths alone, as
 * they stand in a request line. To the end of what holds together: a query may have a single quote in it.
 */
const run = /[^\s"<>]+/g
const queryOrFragment = /[?#](?=.)/

/**
 * Text as everybody may see it who reaches the management port: redacted as in the log, URLs without their queries, and no longer
 * than a person reads in a table; the whole of it is in the log.
 */
export function shownText(text: string, maxLength = 400): string {
  const shown = redactText(text).replace(run, withoutQuery)
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown
}

function withoutQuery(text: string): string {
  const slash = text.indexOf('/')
  if (slash < 0) return text
  const at = text.slice(slash).search(queryOrFragment)
  return at < 0 ? text : `${text.slice(0, slash + at + 1)}…`
}
