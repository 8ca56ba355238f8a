/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Each `${` with what stands in its braces and the one that ends them. `$${` is none: it stands for the text `${`. */
const reference = /\$\$\{|\$\{([^}]*)(\}?)/g

interface Reference {
  readonly name: string
  readonly fallback: string | undefined
}

/** True when the text holds a `${…}` that {@link substitute} would touch. */
export function hasReference(text: string): boolean {
  return text.includes('${')
}

/** Names of the variables that a text refers to, each once. */
export function references(text: string): readonly string[] {
  const names = [...text.matchAll(reference)].flatMap(([, inner, end]) => referenceOf(inner, end)?.name ?? [])
  return [...new Set(names)]
}

/** What is wrong with each `${` that refers to nothing, without what stands in it: that may be a secret. */
export function referenceProblems(text: string): readonly string[] {
  const problems = [...text.matchAll(reference)].flatMap(([, inner, end]) =>
    inner === undefined || referenceOf(inner, end) !== undefined ? [] : [problemOf(inner)],
  )
  return [...new Set(problems)]
}

/**
 * Puts variables into `${NAME}` and `${NAME:default}`. An empty variable counts as set. `$${` stands for the text `${`
 * itself. A variable that is neither set nor has a default is handed to `missing`, so that the caller can say where it
 * stood; what {@link referenceProblems} finds stays as it is.
 */
export function substitute(text: string, environment: Environment, missing: (name: string) => void): string {
  return text.replace(reference, (whole, inner: string | undefined, end: string | undefined) => {
    if (inner === undefined) return whole.slice(1)
    const found = referenceOf(inner, end)
    if (found === undefined) return whole
    const value = environment[found.name] ?? found.fallback
    if (value === undefined) missing(found.name)
    return value ?? ''
  })
}

/** No default begins with one of these signs, with which shells say what is to be done. */
function referenceOf(inner = '', end = ''): Reference | undefined {
  const [, name, fallback] = /^([A-Za-z_]\w*)(?::(?![-?+=])(.*))?$/s.exec(inner) ?? []
  return name === undefined || end === '' ? undefined : { name, fallback }
}

function problemOf(inner: string): string {
  const [, name, sign] = /^([A-Za-z_]\w*):([-?])/.exec(inner) ?? []
  if (sign === '-') return `a default is written \${${name}:default}, without the - of a shell`
  if (sign === '?')
    return `write \${${name}}: a variable that is not set is an error, without the ? of a shell`
  return 'this ${ begins neither ${NAME} nor ${NAME:default}, with names of letters, digits and _; the text ${ itself is written $${'
}
