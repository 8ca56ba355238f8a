import { plainText } from './plain-text.ts'

/** The part of a stream that is written to; `isTTY` decides whether a line may be written over. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  /** Only what is a terminal has it. */
  hasColors?(): boolean
  write(text: string): unknown
}

/** Of a bar; with fewer it says nothing. */
const [mostCells, fewestCells] = [20, 5]

const clearLine = '\r\u001b[K'

/** One line that is written over again and again on a terminal, and not written at all elsewhere. */
export class ProgressLine {
  readonly #terminal: Terminal
  #shown = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Shows the text, with a bar when both `done` and `total` are known. */
  show(text: string, done?: number, total?: number): void {
    if (this.#terminal.isTTY !== true) return
    // A terminal that does not know its width says 0.
    const width = Math.max(0, (this.#terminal.columns || 80) - 1)
    const words = plainText(text).slice(0, width)
    const isKnown = done !== undefined && total !== undefined && total > 0
    this.#terminal.write(`${clearLine}${words}${isKnown ? barOf(done / total, width - words.length) : ''}`)
    this.#shown = true
  }

  /** Takes the line away, so that something lasting can be printed. */
  clear(): void {
    if (this.#shown) this.#terminal.write(clearLine)
    this.#shown = false
  }
}

/** With a space in front. The words say more: where they leave little room it is shorter, then only the figure, then nothing. */
function barOf(share: number, room: number): string {
  const part = Math.min(1, Math.max(0, share))
  const figure = ` ${String(Math.floor(part * 100)).padStart(3)} %`
  const cells = Math.min(mostCells, room - figure.length - 3)
  if (cells < fewestCells) return figure.length <= room ? figure : ''
  const full = Math.round(part * cells)
  return ` [${'#'.repeat(full)}${'.'.repeat(cells - full)}]${figure}`
}
