import type { Facts } from '../telemetry.ts'

/** What would move the cursor, colour what comes after or turn its direction, and what nobody sees. */
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** What is read as one word behind `=`. */
const plain = /^[^\s"'=,{}[\]]+$/

/** Causes of one error that are told. */
const maxCauses = 3

/**
 * A line for a person's eyes: the sentence, its facts as `key=value`, and last the errors in words. Below it stand the stacks
 * that the facts brought along: whoever does not want them takes them out before.
 *
 * @param facts redacted, with errors as plain objects
 * @param muted how what stands behind the sentence is coloured. Default: not
 */
export function terminalLine(
  message: string,
  facts: Facts,
  muted: (text: string) => string = (text) => text,
): string {
  const words: string[] = []
  const errors: string[] = []
  const below: string[] = []
  for (const [name, value] of Object.entries(facts)) {
    if (isError(value)) {
      errors.push(`${oneLine(name)}=${errorText(value, maxCauses)}`)
      below.push(...stackLines(value, maxCauses))
    } else {
      words.push(`${oneLine(name)}=${valueText(value)}`)
    }
  }
  const behind = [...words, ...errors].join(' ')
  const sentence = oneLine(message)
  const line = behind === '' ? sentence : `${sentence} ${muted(behind)}`
  return [line, ...below.map(muted)].join('\n')
}

interface ErrorFacts {
  readonly type: string
  readonly message: string
  readonly code?: unknown
  readonly stack?: unknown
  readonly cause?: unknown
}

function isError(value: unknown): value is ErrorFacts {
  if (typeof value !== 'object' || value === null) return false
  return 'type' in value && 'message' in value && typeof value.message === 'string'
}

/** `CODE: message (cause: message)`. A cause that is told already, as most messages quote it, is not told again. */
function errorText(error: ErrorFacts, causes: number): string {
  const message = oneLine(error.message)
  const own = `${nameOf(error)}: ${message}`
  if (causes === 0 || !isError(error.cause)) return own
  const cause = oneLine(error.cause.message)
  return message.includes(cause) ? own : `${own} (${errorText(error.cause, causes - 1)})`
}

function nameOf({ code, type }: ErrorFacts): string {
  return oneLine(typeof code === 'string' ? code : type)
}

function stackLines(error: ErrorFacts, causes: number): readonly string[] {
  const { stack, cause } = error
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : []
  const own = frames.map((line) => `    ${oneLine(line.trim())}`)
  if (causes === 0 || !isError(cause)) return own
  const below = stackLines(cause, causes - 1)
  return below.length === 0 ? own : [...own, `  from ${errorText(cause, 0)}`, ...below]
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' && plain.test(value) ? value : JSON.stringify(value)
  return oneLine(text)
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(control, '')
}
