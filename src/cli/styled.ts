import { styleText } from 'node:util'
import type { Terminal } from './progress-line.ts'

export type Style = Parameters<typeof styleText>[0]

/**
 * The text in this style, on a terminal that shows colours; elsewhere as it is. A terminal decides by NO_COLOR, FORCE_COLOR
 * and TERM.
 */
export function styled(out: Terminal, style: Style, text: string): string {
  if (out.isTTY !== true || out.hasColors?.() === false) return text
  // Node 22 and later would look whether standard output is a terminal, which `out` need not be.
  return styleText(style, text, { validateStream: false })
}
