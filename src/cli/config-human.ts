import { masked } from '../config/mask.ts'
import type { ShownValue } from '../config/show.ts'
import { plainText } from './plain-text.ts'
import type { Terminal } from './progress-line.ts'
import { settingText } from './setting-text.ts'
import { styled } from './styled.ts'

/**
 * Values as a list with columns, a block of the configuration after the other; where `out` shows colours, what is not default
 * stands out.
 */
export function valuesText(values: readonly ShownValue[], out: Terminal): string {
  if (values.length === 0) return 'Every key has its default.'
  const rows = values.map((shown) => ({ ...shown, path: plainText(shown.path), text: valueText(shown) }))
  const pathWidth = Math.max(...rows.map(({ path }) => path.length))
  // One long list must not push the sources of all others out of sight.
  const valueWidth = Math.max(...rows.map(({ text }) => text.length).filter((length) => length <= 44), 5)
  const lines: string[] = []
  let block = ''
  for (const { path, text, source, isDefault } of rows) {
    const [top = ''] = path.split('.', 1)
    if (block !== '' && block !== top) lines.push('')
    block = top
    const cells = [path.padEnd(pathWidth), text.padEnd(valueWidth), plainText(source)] as const
    lines.push(isDefault ? styled(out, 'dim', cells.join('  ')) : givenLine(out, cells))
  }
  return lines.join('\n')
}

function givenLine(out: Terminal, [path, text, source]: readonly [string, string, string]): string {
  const value = styled(out, text.startsWith(masked) ? 'yellow' : 'bold', text)
  return [path, value, styled(out, 'dim', source)].join('  ')
}

function valueText({ path, value }: ShownValue): string {
  if (value === null) return '-'
  // It has brackets of its own.
  if (Array.isArray(value) && value.length > 0 && value.every((one) => one === masked))
    return value.join(', ')
  if (Array.isArray(value)) return `[${value.map((one) => plainText(String(one))).join(', ')}]`
  if (typeof value === 'number' && /Ms$/.test(path)) return settingText('.ms', String(value))
  if (typeof value === 'number' && /Bytes$/.test(path)) return settingText('.bytes', String(value))
  return value === '' ? '""' : plainText(String(value))
}
