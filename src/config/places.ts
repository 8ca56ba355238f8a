import type { ConfigDocument } from './config-document.ts'
import { type ConfigPath, isWithin } from './config-path.ts'
import type { Setting, Settings } from './setting.ts'

/** Where something stands: the text for people, and what to sort by. */
export interface ConfigPlace {
  /** `file:line:column`, `--set gateway.port`, the name of a variable, or empty where there is no file. */
  readonly text: string
  /** The file, then variables, then flags. */
  readonly rank: number
  /** Within these. */
  readonly at: number
}

/** Knows where each value of a configuration comes from. */
export class Places {
  readonly #document: ConfigDocument | undefined
  readonly #settings: Settings

  constructor(document: ConfigDocument | undefined, settings: Settings) {
    this.#document = document
    this.#settings = settings
  }

  /** Where the value stands, or the nearest block around the place where it ought to be. */
  of(path: ConfigPath): ConfigPlace {
    const setting = this.settingOf(path)
    return setting === undefined
      ? this.atOffset(this.#document?.offsetOf(path) ?? 0)
      : this.ofSetting(setting)
  }

  /** Where a key of the map at `path` stands. */
  ofKey(path: ConfigPath, key: PropertyKey): ConfigPlace {
    const setting = this.settingOf([...path, key])
    if (setting !== undefined) return this.ofSetting(setting)
    return this.atOffset(this.#document?.keyOffset(path, key) ?? 0)
  }

  /** In the file. */
  atOffset(at: number): ConfigPlace {
    return { text: this.#document?.placeOf(at) ?? '', rank: 0, at }
  }

  ofSetting(setting: Pick<Setting, 'name' | 'from' | 'order'>): ConfigPlace {
    return { text: setting.name, rank: setting.from === 'variable' ? 1 : 2, at: setting.order }
  }

  /** The setting that made the value, or, where the file has nothing there, one that made something in the same block. */
  settingOf(path: ConfigPath): Setting | undefined {
    const { settings } = this.#settings
    const own = settings.findLast((one) => isWithin(path, one.path))
    if (own !== undefined) return own
    for (
      let above = path;
      above.length > 0 && this.#document?.has(above) !== true;
      above = above.slice(0, -1)
    ) {
      // What a block of the top holds says nothing of another key in it.
      if (above.length === 1 && path.length > 1) return undefined
      const beside = settings.findLast((one) => isWithin(one.path, above))
      if (beside !== undefined) return beside
    }
    return undefined
  }

  /** True where the file or a setting says something. */
  isGiven(path: ConfigPath): boolean {
    return (
      this.#document?.has(path) === true || this.#settings.settings.some((one) => isWithin(path, one.path))
    )
  }

  /** Names of the variables that the file asks for there. */
  variablesOf(path: ConfigPath): readonly string[] {
    return this.settingOf(path) === undefined ? (this.#document?.variables(path) ?? []) : []
  }

  /** Where a value comes from that is given: a setting, or `file:line` and what the file asks for. */
  sourceOf(path: ConfigPath): string {
    const setting = this.settingOf(path)
    if (setting !== undefined) return setting.from === 'flag' ? '--set' : setting.name
    const line = this.#document?.lineOf(path) ?? ''
    return [line, ...this.variablesOf(path).map((name) => `\${${name}}`)].join(' ')
  }
}
