import type { ConfigPath } from './config-path.ts'
import { configKeys, type KeyNode } from './key-tree.ts'

/** A value that is set beside the file. */
export interface Setting {
  /** What to look for when it is wrong: `--set gateway.port`, or the name of a variable. */
  readonly name: string
  readonly from: 'variable' | 'flag'
  /** Among all settings. */
  readonly order: number
  readonly path: ConfigPath
  readonly value: unknown
}

/** What is wrong with a setting itself: then it has no value. */
export interface SettingFinding extends Pick<Setting, 'name' | 'from' | 'order'> {
  readonly message: string
}

/** What beats the file, the strongest last. */
export interface Settings {
  readonly settings: readonly Setting[]
  readonly findings: readonly SettingFinding[]
}

export const noSettings: Settings = { settings: [], findings: [] }

/**
 * The file's values with the settings put over them; the file's own stay as they are. A setting below a switch that keys may
 * stand in place of (`kafka.tls`) takes its place, as the stronger of the two. Where one goes below something else that has no
 * keys, the file keeps what it says: that is wrong, and will be said.
 */
export function withSettings(value: unknown, settings: readonly Setting[]): unknown {
  const keys = configKeys()
  return settings.reduce((result, setting) => withValue(result, setting.path, setting.value, keys), value)
}

function withValue(within: unknown, path: ConfigPath, value: unknown, node: KeyNode | undefined): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const isSwitch = typeof within === 'boolean' && node?.accepts.has('switch') === true
  const known = isSwitch ? {} : (within ?? {})
  // Not what a class made, as a secret is.
  if (typeof known !== 'object' || Object.getPrototypeOf(known) !== Object.prototype) return within
  const members = known as Readonly<Record<PropertyKey, unknown>>
  return { ...members, [key]: withValue(members[key], rest, value, node?.keys.get(String(key))) }
}
