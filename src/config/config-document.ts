import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
} from 'yaml'
import { type ConfigPath, isWithin } from './config-path.ts'
import { fileProblem } from './file-problem.ts'
import type { Finding } from './finding.ts'
import { configKeys, nodeAt, takesText } from './key-tree.ts'
import type { Secret } from './secret.ts'
import { type Environment, hasReference, referenceProblems, references, substitute } from './substitute.ts'
import { aliasFindings, isHarmless, keyFindings, tooManyAliases, yamlFindings } from './yaml-errors.ts'

export interface DocumentOptions {
  /** Shown before line and column in messages. */
  readonly fileName: string
  readonly environment: Environment
  /** Makes a secret of the file that holds it; the path is as it stands in the configuration. Throws when it cannot be read. */
  readonly readSecret: (path: string) => Secret
}

/** Stands where a variable is not set or a secret cannot be read: that has been said, and nothing more can be of this value. */
const unread: unique symbol = Symbol('unread')

/**
 * A configuration file: its YAML, with variables and secret files put in, and where everything stands. What is wrong with
 * YAML, variables and secret files is collected; the reading goes on, unless the YAML is torn.
 */
export class ConfigDocument {
  /** True when the YAML itself is broken: then nothing else can be said of the file. */
  readonly torn: boolean
  readonly #options: DocumentOptions
  readonly #lines = new LineCounter()
  readonly #root: Node | null
  readonly #findings: Finding[]
  /** Names of variables by the scalar that asks for them. */
  readonly #variables = new Map<unknown, readonly string[]>()
  readonly #unread: ConfigPath[] = []
  readonly #keys = configKeys()
  #value: unknown = {}

  constructor(text: string, options: DocumentOptions) {
    this.#options = options
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    this.#root = document.contents
    this.#findings = [...yamlFindings(text, document)]
    this.torn = !document.errors.every(isHarmless) || !this.#read(document)
  }

  /** False where the references in it cannot be followed, or its keys are no texts. */
  #read(document: Document.Parsed): boolean {
    const problems = [...aliasFindings(document), ...keyFindings(document)]
    this.#findings.push(...problems)
    if (problems.length > 0) return false
    visit(document, {
      Scalar: (at, node, above) => {
        if (at !== 'key') this.#fillVariables(node, () => this.#isText(above))
      },
      Map: (_at, node) => this.#secretFromFile(node),
    })
    try {
      this.#value = document.toJS() ?? {}
    } catch {
      // Nothing else can fail there.
      this.#findings.push(tooManyAliases)
      return false
    }
    noteUnread(this.#value, [], this.#unread)
    return true
  }

  get fileName(): string {
    return this.#options.fileName
  }

  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** The file as plain values; what could not be read is said by {@link isUnread}. */
  get value(): unknown {
    return this.#value
  }

  /** True for what holds, or lies within, a value that could not be read. */
  isUnread(path: ConfigPath): boolean {
    return this.#unread.some((one) => isWithin(path, one))
  }

  /** True when one of the values below could not be read. */
  hasUnreadBelow(path: ConfigPath): boolean {
    return this.#unread.some((one) => isWithin(one, path))
  }

  /** Names of the variables that the value at this path is made of. */
  variables(path: ConfigPath): readonly string[] {
    const { node, depth } = this.#deepest(path)
    return depth === path.length ? (this.#variables.get(node) ?? []) : []
  }

  /** True where the file says something at this path. */
  has(path: ConfigPath): boolean {
    return this.#root !== null && this.#deepest(path).depth === path.length
  }

  /** Where the value stands, or the nearest block around the place where it ought to be. */
  offsetOf(path: ConfigPath): number {
    return this.#deepest(path).node?.range?.[0] ?? 0
  }

  /** Where a key of the map at `path` stands. */
  keyOffset(path: ConfigPath, key: PropertyKey): number {
    const { node } = this.#deepest(path)
    const keys = isMap(node) ? node.items.map((item) => item.key).filter(isScalar) : []
    const found = keys.find(({ value }) => String(value) === String(key))
    return (found ?? node)?.range?.[0] ?? 0
  }

  /** `file:line:column`, of people. */
  placeOf(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#options.fileName}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }

  /** `file:line`. */
  lineOf(path: ConfigPath): string {
    return `${this.#options.fileName}:${Math.max(this.#lines.linePos(this.offsetOf(path)).line, 1)}`
  }

  /**
   * A plain scalar is typed again after its variables are in: `port: ${PORT:8080}` is a number, `"${PORT}"` a text. Where only
   * a text may stand it stays one, as a password of digits.
   */
  #fillVariables(node: Scalar, isText: () => boolean): void {
    if (typeof node.value !== 'string' || !hasReference(node.value)) return
    const missing = new Set<string>()
    this.#variables.set(node, references(node.value))
    const filled = substitute(node.value, this.#options.environment, (name) => missing.add(name))
    const problems = [
      ...referenceProblems(node.value),
      ...[...missing].map(
        (name) => `variable ${name} is not set and has no default; set it or write \${${name}:default}`,
      ),
    ]
    const offset = node.range?.[0] ?? 0
    this.#findings.push(...problems.map((message) => ({ offset, message })))
    const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE
    if (problems.length > 0) node.value = unread
    else node.value = quoted || filled === '' || isText() ? filled : typed(filled)
  }

  /** @param above what the value lies in, from the top */
  #isText(above: readonly unknown[]): boolean {
    const path = above.flatMap((one): ConfigPath => {
      if (isPair(one)) return [isScalar(one.key) ? String(one.key.value) : '']
      return isSeq(one) ? [0] : []
    })
    const node = nodeAt(this.#keys, path)
    return node !== undefined && takesText(node) && !node.accepts.has('number') && !node.accepts.has('switch')
  }

  /** `{ file: path }` stands for the text of that file, wherever a value may stand. */
  #secretFromFile(node: Node): Node | undefined {
    if (!isMap(node) || node.items.length !== 1) return undefined
    const pair = node.items[0] as Pair<Scalar, Scalar | null>
    if (pair.key.value !== 'file' || !isScalar(pair.value)) return undefined
    // Visited before its members, so variables in the path are put in here.
    this.#fillVariables(pair.value, () => true)
    const scalar = new Scalar<unknown>(this.#secretOf(pair.value))
    scalar.range = node.range ?? null
    const names = this.#variables.get(pair.value)
    if (names !== undefined) this.#variables.set(scalar, names)
    return scalar
  }

  #secretOf({ value, range }: Scalar): unknown {
    const offset = range?.[0] ?? 0
    if (value === unread) return unread
    if (typeof value !== 'string') {
      this.#findings.push({ offset, message: 'the path of a secret file must be a text: put it in quotes' })
      return unread
    }
    try {
      const secret = this.#options.readSecret(value)
      if (secret.reveal() !== '') return secret
      this.#findings.push({ offset, message: 'secret file is empty: write the secret into it' })
    } catch (error) {
      this.#findings.push({ offset, message: `secret file cannot be read: ${fileProblem(error)}` })
    }
    return unread
  }

  #deepest(path: ConfigPath): { readonly node: Node | null; readonly depth: number } {
    let node = this.#root
    for (const [depth, key] of path.entries()) {
      const next: unknown = isMap(node) || isSeq(node) ? node.get(key, true) : undefined
      if (next === undefined || next === null) return { node, depth }
      node = next as Node
    }
    return { node, depth: path.length }
  }
}

function typed(text: string): unknown {
  const contents = parseDocument(text).contents
  return isScalar(contents) && contents.source === text ? contents.value : text
}

function noteUnread(value: unknown, path: ConfigPath, unreads: ConfigPath[]): void {
  if (value === unread) unreads.push(path)
  if (typeof value !== 'object' || value === null) return
  const isList = Array.isArray(value)
  for (const [key, member] of Object.entries(value)) {
    noteUnread(member, [...path, isList ? Number(key) : key], unreads)
  }
}
