import { inspect } from 'node:util'

const shown = '[secret]'

/**
 * A value that must not be printed. It shows itself as `[secret]` in templates, JSON and `util.inspect`, so that a
 * forgotten log line cannot leak it; {@link Secret.reveal} is the only way to the text.
 */
export class Secret {
  /** Absolute path of the file that it was read from, for whoever wants to see it change. */
  readonly file: string | undefined
  readonly #text: string

  constructor(text: string, file?: string) {
    this.#text = text
    this.file = file
    // Not a method: a computed method name has no type that a declaration file could state.
    Object.defineProperty(this, inspect.custom, { value: () => shown })
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }
}

/** The secret in a file's content: a final line break, which editors add and `echo` too, is not part of it. */
export function secretText(content: string): string {
  return content.replace(/\r?\n$/, '')
}
