/** Keys and places in lists, from the top: `['bridge', 'endpoints', 0, 'url']`. */
export type ConfigPath = readonly PropertyKey[]

/** As messages write it: `bridge.endpoints.0.url`. */
export function pathText(path: ConfigPath): string {
  return path.map((key) => keyText(String(key))).join('.')
}

/**
 * A key up to the first character that none has: where the space behind a colon was forgotten, the value became part of it, and
 * may be a secret.
 */
export function keyText(key: string): string {
  const [beginning = ''] = /^[\p{L}\p{N}_.$<-]*/u.exec(key) ?? []
  return beginning === key ? key : `${beginning}…`
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (within, key) =>
      typeof within === 'object' && within !== null && Object.hasOwn(within, key)
        ? (within as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  )
}

/** True when `path` is `above` or lies below it. */
export function isWithin(path: ConfigPath, above: ConfigPath): boolean {
  return path.length >= above.length && above.every((key, at) => String(key) === String(path[at]))
}
