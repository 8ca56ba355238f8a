import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, Scalar, visit } from 'yaml'
import type { z } from 'zod'
import { RelayError } from '../errors.ts'
import type { Config } from './config.ts'
import type { EndpointConfig } from './endpoint-config.ts'
import { notificationsEndpoints } from './notifications-endpoints.ts'
import { configSchema } from './schema.ts'
import type { Secret } from './secret.ts'
import { type Environment, hasReference, substitute } from './substitute.ts'
import { type Finding, YamlReader } from './yaml-reader.ts'

export interface ParseOptions {
  /** Shown before line and column in messages. */
  readonly fileName: string
  readonly environment: Environment
  /** Makes a secret of the file that holds it; the path is as it stands in the configuration. Throws when it cannot be read. */
  readonly readSecret: (path: string) => Secret
}

/**
 * YAML text to {@link Config}: variables put in, secret files read, every value checked.
 * Throws CONFIG_INVALID with one line per finding, each as `file:line:column: what is wrong`.
 */
export function parseConfig(text: string, options: ParseOptions): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const findings: Finding[] = document.errors.map((error) => ({
    offset: error.pos[0],
    message: error.message,
  }))

  if (findings.length === 0) {
    visit(document, {
      Scalar(_key, node) {
        fillVariables(node, options.environment, findings)
      },
      Map(_key, node) {
        return secretFromFile(node, options.readSecret, findings)
      },
    })
  }
  if (findings.length === 0) {
    const result = configSchema.safeParse(document.toJS() ?? {}, { reportInput: false })
    for (const issue of flatten(result.error?.issues ?? []))
      findings.push(...locate(document.contents, issue))
    // By the rules of a registry's decoder, which are others: the same text is read once more.
    const reader = new YamlReader(text, options.fileName, (scalar) =>
      substitute(scalar, options.environment, () => {}),
    )
    const more = notificationsEndpoints(reader, result.data?.bridge.endpoints ?? [])
    findings.push(...reader.findings)
    if (result.success && findings.length === 0) return withEndpoints(result.data, more, reader)
  }

  const report = findings
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => {
      const { line, col } = lines.linePos(offset)
      return `${options.fileName}:${line}:${col}: ${message}`
    })
  throw new RelayError('CONFIG_INVALID', report.join('\n'), { facts: { file: options.fileName } })
}

function withEndpoints(config: Config, more: readonly EndpointConfig[], reader: YamlReader): Config {
  const endpoints = [...config.bridge.endpoints, ...more]
  return {
    ...config,
    bridge: { ...config.bridge, endpoints, remarks: [...reader.warnings, ...reader.notes] },
  }
}

/** A plain scalar is typed again after its variables are in: `port: ${PORT:8080}` is a number, `"${PORT}"` a text. */
function fillVariables(node: Scalar, environment: Environment, findings: Finding[]): void {
  if (typeof node.value !== 'string' || !hasReference(node.value)) return
  const filled = substitute(node.value, environment, (name) => {
    findings.push({
      offset: node.range?.[0] ?? 0,
      message: `variable ${name} is not set and has no default; set it or write \${${name}:default}`,
    })
  })
  const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE
  node.value = quoted || filled === '' ? filled : typed(filled)
}

function typed(text: string): unknown {
  const contents = parseDocument(text).contents
  return isScalar(contents) && contents.source === text ? contents.value : text
}

/** `{ file: path }` stands for the text of that file, wherever a value may stand. */
function secretFromFile(
  node: Node,
  readSecret: ParseOptions['readSecret'],
  findings: Finding[],
): Node | undefined {
  if (!isMap(node) || node.items.length !== 1) return undefined
  const pair = node.items[0] as Pair<Scalar, Scalar>
  if (pair.key.value !== 'file' || typeof pair.value?.value !== 'string') return undefined
  const offset = pair.value.range?.[0] ?? 0
  try {
    const secret = readSecret(pair.value.value)
    if (secret.reveal() === '') findings.push({ offset, message: 'secret file is empty' })
    const scalar = new Scalar(secret)
    scalar.range = node.range ?? null
    return scalar
  } catch (error) {
    findings.push({
      offset,
      message: `secret file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    })
    return undefined
  }
}

/** Of a union's branches the one that got furthest tells the most: the others only say "not that type". */
function flatten(issues: readonly z.core.$ZodIssue[], base: readonly PropertyKey[] = []): z.core.$ZodIssue[] {
  return issues.flatMap((issue): z.core.$ZodIssue[] => {
    const path = [...base, ...issue.path]
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }]
    const branches = issue.errors.map((branch) => flatten(branch, path))
    const deepest = branches.toSorted((a, b) => depth(b) - depth(a))[0] ?? []
    if (depth(deepest) > path.length) return deepest
    if (issue.message !== 'Invalid input') return [{ ...issue, path }]
    return [
      {
        ...issue,
        path,
        message: branches.flatMap((branch) => branch.map(({ message }) => message)).join(', or '),
      },
    ]
  })
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 1)))
}

/** An unknown key is shown at the key, everything else at the value, or where the value ought to be. */
function locate(root: Node | null, issue: z.core.$ZodIssue): Finding[] {
  const { node, depth: reached } = deepestNode(root, issue.path)
  const name = issue.path.join('.')
  if (issue.code === 'unrecognized_keys' && isMap(node)) {
    return issue.keys.map((key) => {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
      const offset = isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0
      return { offset, message: `unknown key "${name === '' ? key : `${name}.${key}`}"` }
    })
  }
  // A rule about two values may be broken by one that is not in the file.
  const missing = reached < issue.path.length && issue.code !== 'custom'
  return [
    {
      offset: node?.range?.[0] ?? 0,
      message: missing ? `"${name}" is missing` : `"${name}": ${issue.message}`,
    },
  ]
}

function deepestNode(root: Node | null, path: readonly PropertyKey[]): { node: Node | null; depth: number } {
  let node = root
  for (const [depth, key] of path.entries()) {
    const next: unknown =
      node !== null && 'get' in node
        ? (node as { get(k: unknown, keep: true): unknown }).get(key, true)
        : undefined
    if (next === undefined || next === null) return { node, depth }
    node = next as Node
  }
  return { node, depth: path.length }
}
