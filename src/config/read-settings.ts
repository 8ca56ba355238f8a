import { type ConfigPath, keyText, pathText } from './config-path.ts'
import { fileProblem } from './file-problem.ts'
import { configKeys, type KeyNode, nodeAt, pathsOf } from './key-tree.ts'
import { nearestOf } from './nearest.ts'
import type { Secret } from './secret.ts'
import { noSettings, type Setting, type SettingFinding, type Settings } from './setting.ts'
import { setValues } from './setting-value.ts'
import type { Environment } from './substitute.ts'

/** Of variables that set a key: `REGISTRY_RELAY_GATEWAY__ACK_MODE`. */
export const variablePrefix = 'REGISTRY_RELAY_'

const fileOnly = 'can be given in the file only'

/** Two underscores stand between keys; what has none after the prefix is a block, or for something else. */
const settingName = new RegExp(`^${variablePrefix}\\w*?[^_]__`)

/** True when something is set beside the file. */
export function hasSettings(environment: Environment, flags: readonly string[]): boolean {
  return (
    flags.length > 0 || Object.keys(environment).some((name) => isSettingVariable(name, environment[name]))
  )
}

/** A block, `REGISTRY_RELAY_GATEWAY={port: 1}`, is known by its braces: such names are also given to other things. */
export function isSettingVariable(name: string, value = ''): boolean {
  if (settingName.test(name)) return true
  return (
    name.startsWith(variablePrefix) &&
    value.trimStart().startsWith('{') &&
    [...configKeys().keys.keys()].some((block) => variableFor([block]) === name)
  )
}

/**
 * What the variables of the environment and the flags `--set` put in place of the file's values. A flag beats a variable.
 *
 * @param flags `path=value` each
 * @param readSecret as for the file
 */
export function readSettings(
  keys: KeyNode,
  environment: Environment,
  flags: readonly string[],
  readSecret: (path: string) => Secret,
): Settings {
  if (!hasSettings(environment, flags)) return noSettings
  const reader = new SettingReader(keys, readSecret)
  // In this order one for a block comes before one for a key in it, and does not take back what that says.
  for (const name of Object.keys(environment)
    .filter((one) => isSettingVariable(one, environment[one]))
    .toSorted()) {
    reader.variable(name, environment[name] ?? '')
  }
  for (const flag of flags) reader.flag(flag)
  return reader.settings
}

/** The variable that sets the key at a path: `REGISTRY_RELAY_KAFKA__SASL__PASSWORD`. */
export function variableFor(path: ConfigPath): string {
  return `${variablePrefix}${path.map((key) => snakeCase(String(key))).join('__')}`
}

class SettingReader {
  readonly #keys: KeyNode
  readonly #readSecret: (path: string) => Secret
  /** Every key that can be set, by its variable. */
  readonly #byVariable: ReadonlyMap<string, readonly string[]>
  readonly #settings: Setting[] = []
  readonly #findings: SettingFinding[] = []
  #order = 0

  constructor(keys: KeyNode, readSecret: (path: string) => Secret) {
    this.#keys = keys
    this.#readSecret = readSecret
    this.#byVariable = new Map(pathsOf(keys).map((path) => [variableFor(path), path]))
  }

  get settings(): Settings {
    return { settings: this.#settings, findings: this.#findings }
  }

  variable(name: string, text: string): void {
    const path = this.#byVariable.get(name)
    if (path !== undefined) {
      const node = nodeAt(this.#keys, path)
      // Compose files hand on what may be set as `${PORT:-}`. A text can be meant to be empty, and a secret should not be.
      const isUnset = text === '' && node?.accepts.has('text') !== true
      if (!isUnset) this.#set({ name, from: 'variable' }, path, text)
      return
    }
    if (!settingName.test(name)) {
      this.#find({ name, from: 'variable' }, fileOnly)
      return
    }
    const nearest = nearestOf(name, [...this.#byVariable.keys()])
    const hint = nearest === undefined ? 'docs/configuration.md has those there are' : `${nearest} was meant?`
    this.#find({ name, from: 'variable' }, `there is no key for this variable; ${hint}`)
  }

  flag(text: string): void {
    const equals = text.indexOf('=')
    const written = text.slice(0, Math.max(equals, 0)).trim()
    if (written === '') {
      this.#find({ name: '--set', from: 'flag' }, 'must be path=value, as kafka.brokers=host:9092')
      return
    }
    const path = written.split('.')
    const name = `--set ${path.map(keyText).join('.')}`
    const problem = this.#pathProblem(path)
    if (problem === undefined) this.#set({ name, from: 'flag' }, path, text.slice(equals + 1))
    else this.#find({ name, from: 'flag' }, problem)
  }

  #set(setting: Pick<Setting, 'name' | 'from'>, path: readonly string[], text: string): void {
    const node = nodeAt(this.#keys, path)
    if (node === undefined) return
    try {
      for (const value of setValues(text, path, node, this.#readSecret)) {
        this.#settings.push({ ...setting, order: this.#order, ...value })
      }
      this.#order += 1
    } catch (error) {
      this.#find(setting, fileProblem(error))
    }
  }

  #find(setting: Pick<Setting, 'name' | 'from'>, message: string): void {
    this.#findings.push({ ...setting, order: this.#order, message })
    this.#order += 1
  }

  #pathProblem(path: readonly string[]): string | undefined {
    let node = this.#keys
    for (const [at, key] of path.entries()) {
      const above = pathText(path.slice(0, at))
      if (node.element !== undefined) return `${above} is a list, which is set as a whole: --set ${above}=[…]`
      const below = node.keys.get(key)
      if (below === undefined) {
        const nearest = nearestOf(key, [...node.keys.keys()])
        const meant =
          nearest === undefined
            ? this.#elsewhere(path)
            : pathText([...path.slice(0, at), nearest, ...path.slice(at + 1)])
        return `there is no such key${meant === undefined ? '' : `; ${meant} was meant?`}`
      }
      node = below
    }
    return node.accepts.size === 0 ? fileOnly : undefined
  }

  /** A key of the same name in another block. */
  #elsewhere(path: readonly string[]): string | undefined {
    const last = path.at(-1)
    return [...this.#byVariable.values()].find((known) => known.at(-1) === last)?.join('.')
  }
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
