import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import { type ConfigPath, valueAt } from './config-path.ts'
import { configKeys, type KeyNode } from './key-tree.ts'
import type { Places } from './places.ts'
import { Secret } from './secret.ts'
import { hidesBlock, isBlock, shownPath, shownValue } from './shown-value.ts'

/** A key of the configuration with what it says. */
export interface ShownValue {
  /** As in `bridge.endpoints.0.url`. */
  readonly path: string
  /** A text, a number, true or false, a list of these, or null where there is no value; secrets are masked. */
  readonly value: unknown
  /** `--set`, the name of a variable, `file:line`, where the file asks for a variable with its `${NAME}`, or `default`. */
  readonly source: string
  /** Whoever says it: true too for a value that is written and is what the rules state as the default. */
  readonly isDefault: boolean
}

/** What {@link shownValues} reads. */
export interface ShownConfig {
  /** Undefined where something is wrong: then what is worked out of other keys is not shown. */
  readonly config: Config | undefined
  readonly given: unknown
  readonly places: Places
}

/** Every key with the value that counts, in the order of the rules; then what the rules know nothing of. */
export function shownValues(shown: ShownConfig): readonly ShownValue[] {
  const keys = configKeys()
  return new Walk(shown, keys).below(keys, [])
}

class Walk {
  readonly #config: Config | undefined
  readonly #given: unknown
  readonly #places: Places
  readonly #keys: KeyNode

  constructor({ config, given, places }: ShownConfig, keys: KeyNode) {
    this.#keys = keys
    this.#config = config
    this.#given = given
    this.#places = places
  }

  /** Of a block. */
  below(node: KeyNode, path: ConfigPath): readonly ShownValue[] {
    const written = valueAt(this.#given, path)
    const names = isBlock(written) ? Object.keys(written) : []
    // Where one of several blocks may stand, the keys of the others are no keys of this one.
    const known =
      node.optionalBlock || path.length === 0 || !isBlock(written)
        ? [...node.keys.keys()]
        : this.#fixed(node, path)
    return [...new Set([...known, ...names])].flatMap((key) =>
      this.#at(node.keys.get(key) ?? node.member, [...path, key]),
    )
  }

  /** Keys of a block that is written, which have a value all the same. */
  #fixed(node: KeyNode, path: ConfigPath): readonly string[] {
    return [...node.keys].flatMap(([key, { fallback, optionalBlock }]) =>
      fallback !== undefined || optionalBlock || valueAt(this.#given, [...path, key]) !== undefined
        ? [key]
        : [],
    )
  }

  #at(node: KeyNode | undefined, path: ConfigPath): readonly ShownValue[] {
    const written = valueAt(this.#given, path)
    if (written === undefined) return this.#unwritten(node, path)
    if (isBlock(written) && !hidesBlock(node, path))
      return node === undefined ? this.#open(written, path) : this.below(node, path)
    if (Array.isArray(written) && written.some((one) => isBlock(one))) {
      return written.flatMap((_one, index) => this.#at(node?.element, [...path, index]))
    }
    const effective = valueAt(this.#config, path)
    const value = effective === undefined || isBlock(effective) ? written : effective
    const isDefault = node?.fallback !== undefined && isDeepStrictEqual(written, node.fallback)
    return [this.#row(node, path, value, this.#source(path, written), isDefault)]
  }

  /** What the rules leave open, as the block of a registry. */
  #open(written: object, path: ConfigPath): readonly ShownValue[] {
    return Object.keys(written).flatMap((key) => this.#at(undefined, [...path, key]))
  }

  #unwritten(node: KeyNode | undefined, path: ConfigPath): readonly ShownValue[] {
    // Read by the rules of registries: it is either there or not.
    if (node === undefined || node.accepts.size === 0) return []
    if (node.optionalBlock) return this.below(node, path)
    const effective = valueAt(this.#config, path) ?? node.fallback ?? null
    return [this.#row(node, path, isBlock(effective) ? null : effective, 'default', true)]
  }

  #source(path: ConfigPath, written: unknown): string {
    const source = this.#places.sourceOf(path)
    return written instanceof Secret && written.file !== undefined
      ? `${source} (file ${written.file})`
      : source
  }

  #row(
    node: KeyNode | undefined,
    path: ConfigPath,
    value: unknown,
    source: string,
    isDefault: boolean,
  ): ShownValue {
    return {
      path: shownPath(this.#keys, path, value),
      value: shownValue(node, path, value),
      source,
      isDefault,
    }
  }
}
