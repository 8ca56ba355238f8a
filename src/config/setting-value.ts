import { isScalar, parseDocument } from 'yaml'
import type { ConfigPath } from './config-path.ts'
import { type KeyNode, takesText } from './key-tree.ts'
import type { Secret } from './secret.ts'
import { aliasFindings, keyFindings, tooManyAliases, yamlProblem } from './yaml-errors.ts'

export interface SetValue {
  readonly path: ConfigPath
  readonly value: unknown
}

/**
 * What a text means at a key: the text itself where one may stand there, a number or a switch where these are wanted, and YAML
 * in `{ }` and `[ ]`. So a password of digits stays a text, and so does one that begins with a `{`, unless it is a
 * `{ file: path }`. Keys and values set each of these keys and leave its neighbours.
 *
 * @throws Error saying what is wrong, without the text
 */
export function setValues(
  text: string,
  path: ConfigPath,
  node: KeyNode,
  readSecret: (path: string) => Secret,
): readonly SetValue[] {
  const { accepts } = node
  const begins = text.trimStart()
  const isFlow =
    (begins.startsWith('[') && accepts.has('list')) ||
    (begins.startsWith('{') && (accepts.has('map') || (accepts.has('secret') && namesFile(begins))))
  if (!isFlow && (takesText(node) || text === '')) return [{ path, value: text }]
  return leaves(yaml(text), path, node, readSecret)
}

/** What hardly is a text; where it cannot be read, that is better said than taken for a password. */
function namesFile(text: string): boolean {
  return /^\{\s*["']?file["']?\s*:/.test(text)
}

function leaves(
  value: unknown,
  path: ConfigPath,
  node: KeyNode | undefined,
  readSecret: (path: string) => Secret,
): readonly SetValue[] {
  if (isMap(value) && node?.accepts.has('map') === true && !isSecretFile(value)) {
    return Object.entries(value).flatMap(([key, member]) =>
      leaves(member, [...path, key], node.keys.get(key), readSecret),
    )
  }
  return [{ path, value: withSecrets(value, readSecret) }]
}

/** `{ file: path }` anywhere in it becomes the text of that file. */
function withSecrets(value: unknown, readSecret: (path: string) => Secret): unknown {
  if (Array.isArray(value)) return value.map((one) => withSecrets(one, readSecret))
  if (!isMap(value)) return value
  if (isSecretFile(value)) {
    const secret = readSecret(value['file'])
    if (secret.reveal() === '') throw new Error('secret file is empty: write the secret into it')
    return secret
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withSecrets(one, readSecret)]))
}

function yaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) throw new Error(`this cannot be read: ${yamlProblem(error)}`)
  const { contents } = document
  // Two words are a text, whatever the first one is.
  if (isScalar(contents)) return contents.source === text.trim() ? contents.value : text
  const [problem] = [...aliasFindings(document), ...keyFindings(document)]
  if (problem !== undefined) throw new Error(problem.message)
  try {
    return document.toJS()
  } catch {
    // Nothing else can fail there.
    throw new Error(tooManyAliases.message)
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSecretFile(value: Readonly<Record<string, unknown>>): value is { readonly file: string } {
  return Object.keys(value).length === 1 && typeof value['file'] === 'string'
}
