import { inspect } from 'node:util'

const shown = '[secret]'

/**
 * A value that must not be printed. It shows itself as `[secret]` in templates, JSON and `util.inspect`, so that a
 * forgotten log line cannot leak it; {@link Secret.reveal} is the only way to the text.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
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
