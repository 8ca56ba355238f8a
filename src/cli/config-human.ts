import { masked } from '../config/mask.ts'
import type { ShownValue } from '../config/show.ts'
import { settingText } from './setting-text.ts'

const dim = '\u001b[2m'
const bold = '\u001b[1m'
const yellow = '\u001b[33m'
const plain = '\u001b[0m'

/** Values as a list with columns, a block of the configuration after the other; on a terminal what is not default stands out. */
export function valuesText(values: readonly ShownValue[], colours: boolean): string {
  if (values.length === 0) return 'Every key has its default.'
  const rows = values.map((shown) => ({ ...shown, text: valueText(shown) }))
  const pathWidth = Math.max(...rows.map(({ path }) => path.length))
  // One long list must not push the sources of all others out of sight.
  const valueWidth = Math.max(...rows.map(({ text }) => text.length).filter((length) => length <= 44), 5)
  const lines: string[] = []
  let block = ''
  for (const { path, text, source, isDefault } of rows) {
    const [top = ''] = path.split('.', 1)
    if (block !== '' && block !== top) lines.push('')
    block = top
    const cells = [path.padEnd(pathWidth), text.padEnd(valueWidth), source] as const
    lines.push(colours ? coloured(cells, isDefault, text.startsWith(masked)) : cells.join('  '))
  }
  return lines.join('\n')
}

function coloured(
  [path, text, source]: readonly [string, string, string],
  isDefault: boolean,
  isSecret: boolean,
): string {
  if (isDefault) return `${dim}${path}  ${text}  ${source}${plain}`
  const value = `${isSecret ? yellow : bold}${text}${plain}`
  return `${path}  ${value}  ${dim}${source}${plain}`
}

function valueText({ path, value }: ShownValue): string {
  if (value === null) return '-'
  // It has brackets of its own.
  if (Array.isArray(value) && value.length > 0 && value.every((one) => one === masked))
    return value.join(', ')
  if (Array.isArray(value)) return `[${value.map(String).join(', ')}]`
  if (typeof value === 'number' && /Ms$/.test(path)) return settingText('.ms', String(value))
  if (typeof value === 'number' && /Bytes$/.test(path)) return settingText('.bytes', String(value))
  const text = String(value)
  // A line break would tear the columns apart, and an escape could do more.
  return text === '' || /\p{Cc}/u.test(text) ? JSON.stringify(text) : text
}
