/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g

/** True when the text holds a `${…}` that {@link substitute} would touch. */
export function hasReference(text: string): boolean {
  return text.includes('${')
}

/**
 * Puts variables into `${NAME}` and `${NAME:default}`. An empty variable counts as set. `$${NAME}` stands for the text
 * `${NAME}` itself. A variable that is neither set nor has a default is handed to `missing`, so that the caller can
 * say where it stood.
 */
export function substitute(text: string, environment: Environment, missing: (name: string) => void): string {
  return text.replace(
    reference,
    (whole, escaped: string | undefined, name: string, fallback: string | undefined) => {
      if (escaped !== undefined) return whole.slice(1)
      const value = environment[name] ?? fallback
      if (value === undefined) {
        missing(name)
        return ''
      }
      return value
    },
  )
}
