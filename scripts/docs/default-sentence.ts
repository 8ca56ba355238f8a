/**
 * What a description says of the default. It may be a sentence of its own (`Default 800.`, `Default: none.`), one with a
 * reason behind a colon (`Default 800: registries give up after 1 s.`), or stand behind one of several values
 * (`` `spool` (default): … ``).
 */
export interface StatedDefault {
  /** As written; `undefined` where nothing is said. */
  readonly stated: string | undefined
  /** The description without it, but for the reason. */
  readonly meaning: string
}

const sentence = /(^|[.:;!?] )Default(: | )(.+?)(?:: ([^.]+\.)|\.)(?= |$)/
const behindValue = /`([^`]*)` \(default\)/

export function defaultIn(description: string): StatedDefault {
  const found = sentence.exec(description)
  if (found !== null) {
    const [whole, before = '', , stated, reason = ''] = found
    const rest = reason === '' ? '' : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`
    const meaning = description
      .replace(whole, () => `${before}${rest}`)
      .replaceAll('  ', ' ')
      .trim()
    return { stated, meaning }
  }
  const value = behindValue.exec(description)?.[1]
  return { stated: value, meaning: description.replace('` (default)', '`') }
}

const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** True when the words name this value: `` `spool` ``, `15000`, `10 GiB`, `empty`, `none`. */
export function names(stated: string, value: unknown): boolean {
  const text = stated.replace(/^`(.*)`$/, '$1')
  const [, digits, unit] = /^(\d+) ([KMG]iB)$/.exec(text) ?? []
  if (digits !== undefined) return Number(digits) * (units[unit ?? ''] ?? 0) === value
  if (Array.isArray(value)) return value.length === 0 && text === 'none'
  if (text === 'empty') return value === ''
  return text === String(value)
}
