/** Shown with an error: enough for the cause and its stack trace, short enough for a terminal. */
const shownLines = 30

export interface LogBufferOptions {
  /** Lines kept; older ones are let go. Default 1,000. */
  readonly lines?: number
  /** Characters kept of one line. Default 2,000: a server that prints a page of JSON must not fill the memory. */
  readonly lineLength?: number
}

/** The last lines a server wrote, bounded whatever it writes. */
export class LogBuffer {
  readonly #limit: number
  readonly #lineLength: number
  readonly #lines: string[] = []
  /** A line whose end has not come yet, cut at the limit like the others. */
  #open = ''

  constructor(options: LogBufferOptions = {}) {
    this.#limit = options.lines ?? 1000
    this.#lineLength = options.lineLength ?? 2000
  }

  /** Takes text as it comes from a pipe: lines may be cut anywhere. A carriage return ends a line too. */
  write(text: string): void {
    const parts = text.split(/\r\n|[\r\n]/)
    const last = parts.length - 1
    for (const [index, part] of parts.entries()) {
      const room = this.#lineLength - this.#open.length
      this.#open += part.slice(0, room)
      if (index < last) this.#endLine()
    }
  }

  #endLine(): void {
    if (this.#open.trim() !== '') this.#lines.push(this.#open.trimEnd())
    this.#open = ''
    if (this.#lines.length > this.#limit) this.#lines.splice(0, this.#lines.length - this.#limit)
  }

  /** Everything kept. */
  text(): string {
    return [...this.#lines, this.#open].filter((line) => line !== '').join('\n')
  }

  /** The last lines, indented, for the message of an error. */
  excerpt(lines: number = shownLines): string {
    const kept = [...this.#lines, this.#open].filter((line) => line !== '').slice(-lines)
    if (kept.length === 0) return '  (it wrote nothing)'
    return kept.map((line) => `  ${line}`).join('\n')
  }
}
