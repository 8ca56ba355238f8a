/** The part of a stream that is written to; `isTTY` decides whether a line may be written over. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  /** Only what is a terminal has it. */
  hasColors?(): boolean
  write(text: string): unknown
}

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
    const bar = done !== undefined && total !== undefined && total > 0 ? ` ${barOf(done / total)}` : ''
    // A terminal that does not know its width says 0.
    const width = Math.max(0, (this.#terminal.columns || 80) - 1 - bar.length)
    this.#terminal.write(`${clearLine}${text.slice(0, width)}${bar}`)
    this.#shown = true
  }

  /** Takes the line away, so that something lasting can be printed. */
  clear(): void {
    if (this.#shown) this.#terminal.write(clearLine)
    this.#shown = false
  }
}

function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 20)
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}] ${String(Math.floor(Math.min(1, share) * 100)).padStart(3)} %`
}
