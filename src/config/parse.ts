import {
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  type YAMLParseError,
} from 'yaml'
import type { z } from 'zod'
import { RelayError } from '../errors.ts'
import type { Config } from './config.ts'
import { nothingLeft } from './event-rules.ts'
import { flatten, keysInstead, meantKey } from './issues.ts'
import { type FurtherEndpoints, notificationsEndpoints } from './notifications-endpoints.ts'
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
  const findings = yamlFindings(text, document.errors)

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
    const result = configSchema.safeParse(document.toJS() ?? {}, { reportInput: false, error: keysInstead })
    for (const issue of flatten(result.error?.issues ?? []))
      findings.push(...locate(document.contents, issue))
    // By the rules of a registry's decoder, which are others: the same text is read once more.
    const reader = new YamlReader(text, options.fileName, (scalar) =>
      substitute(scalar, options.environment, () => {}),
    )
    const more = notificationsEndpoints(reader, result.data?.bridge.endpoints ?? [])
    findings.push(...reader.findings)
    if (result.success && findings.length === 0) {
      warnOfNothing(result.data, document.contents, reader)
      return withEndpoints(result.data, more, reader)
    }
  }

  const report = findings
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => {
      const { line, col } = lines.linePos(offset)
      return `${options.fileName}:${line}:${col}: ${message}`
    })
  throw new RelayError('CONFIG_INVALID', report.join('\n'), { facts: { file: options.fileName } })
}

/** A `${…}` where its braces count tears the file apart: what the parser says of the rest is about nothing in it. */
function yamlFindings(text: string, errors: readonly YAMLParseError[]): Finding[] {
  const findings = errors.map(({ pos, message }) => ({ offset: pos[0], message }))
  const torn = findings.findIndex(({ offset }) => text.startsWith('${', offset - 1))
  if (torn === -1) return findings
  const offset = (findings[torn]?.offset ?? 1) - 1
  return [
    ...findings.slice(0, torn),
    { offset, message: 'inside { } and [ ] a ${…} needs quotes, or a line of its own' },
  ]
}

function withEndpoints(config: Config, more: FurtherEndpoints, reader: YamlReader): Config {
  const endpoints = [...config.bridge.endpoints, ...more.endpoints]
  const remarks = [...reader.warnings, ...reader.notes]
  return {
    ...config,
    bridge: { ...config.bridge, endpoints, remarks, disabledEndpoints: more.disabled },
  }
}

function warnOfNothing({ bridge }: Config, root: Node | null, reader: YamlReader): void {
  for (const [index, { only, ignore }] of bridge.endpoints.entries()) {
    const why = nothingLeft(only, ignore)
    const path = ['bridge', 'endpoints', index, 'ignore']
    const { node } = deepestNode(root, path)
    if (why !== undefined) reader.warn({ node, path: path.join('.'), offset: node?.range?.[0] ?? 0 }, why)
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

/** A key that must not be there is shown at the key, everything else at the value, or where the value ought to be. */
function locate(root: Node | null, issue: z.core.$ZodIssue): Finding[] {
  const { node, depth: reached } = deepestNode(root, issue.path)
  const name = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split('\n')
    return issue.keys.map((key) => ({
      offset: keyOffset(node, key),
      message: `unknown key "${name === '' ? key : `${name}.${key}`}"${meantKey(key, known)}`,
    }))
  }
  if (issue.code === 'invalid_key') {
    const parent = deepestNode(root, issue.path.slice(0, -1)).node
    return [{ offset: keyOffset(parent, issue.path.at(-1)), message: `"${name}": ${issue.message}` }]
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

function keyOffset(map: Node | null, key: unknown): number {
  const keys = isMap(map) ? map.items.map((item) => item.key).filter(isScalar) : []
  const found = keys.find(({ value }) => String(value) === String(key))
  return (found ?? map)?.range?.[0] ?? 0
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
