import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml'
import { keyText } from './config-path.ts'
import type { Finding } from './finding.ts'
import { yamlProblem } from './yaml-errors.ts'

/** A value and where it stands, so that what is wrong with it can be said with line and column. */
export interface Place {
  readonly node: Node | null
  /** As in `notifications.endpoints.0.timeout`. */
  readonly path: string
  readonly offset: number
  /** Of a member of a map: where its key stands. */
  readonly keyOffset?: number
}

/**
 * Reads YAML into the types of a Go program as its decoder does: the type that is wanted decides, not the looks of the
 * value. `yes` is true where a switch is wanted and the text "yes" where a text is.
 *
 * What is wrong is collected, each with its place, and the reading goes on: one run shows everything.
 */
export class YamlReader {
  readonly #fileName: string
  readonly #lines = new LineCounter()
  readonly #document: Document.Parsed
  readonly #unknown = new Set<Node>()
  readonly #errors: Finding[] = []
  readonly #warnings: Finding[] = []
  readonly #notes: Finding[] = []

  /**
   * @param fileName stands in front of line and column in every message
   * @param filled what a scalar says instead, for variables; what stands without quotes stays so. Undefined: nobody knows, and
   * nothing is found wrong with it. Default: what is written
   */
  constructor(text: string, fileName: string, filled?: (text: string) => string | undefined) {
    this.#fileName = fileName
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      // Every scalar stays the text that it is, and a key that comes twice is no error: so it is in Go.
      schema: 'failsafe',
      uniqueKeys: false,
    })
    for (const error of this.#document.errors) {
      this.#errors.push({ offset: error.pos[0], message: yamlProblem(error) })
    }
    if (filled === undefined) return
    visit(this.#document, {
      Scalar: (_key, node) => {
        const text = filled(String(node.value))
        if (text === undefined) this.#unknown.add(node)
        // A letter: a text that is empty means that nothing was given.
        node.value = text ?? 'x'
      },
    })
  }

  /** What is wrong, without the places in words. */
  get findings(): readonly Finding[] {
    return this.#errors
  }

  /** `file:line:column: what is wrong`, in the order of the file. */
  get errors(): readonly string[] {
    return this.#sorted(this.#errors)
  }

  get warnings(): readonly string[] {
    return this.#sorted(this.#warnings)
  }

  get notes(): readonly string[] {
    return this.#sorted(this.#notes)
  }

  get root(): Place {
    return { node: this.#document.contents, path: '', offset: 0 }
  }

  error(place: Place, message: string): void {
    if (this.#isKnown(place)) this.#errors.push(findingAt(place, message))
  }

  warn(place: Place, message: string): void {
    if (this.#isKnown(place)) this.#warnings.push(findingAt(place, message))
  }

  note(place: Place, message: string): void {
    this.#notes.push(findingAt(place, message))
  }

  /** Members of a map, merged ones (`<<`) included; none when the value is absent or null. */
  members(place: Place): ReadonlyMap<string, Place> {
    const found = new Map<string, Place>()
    const node = this.#resolved(place)
    if (node === null || isNull(node)) return found
    if (isMap(node)) this.#addMembers(node, place.path, found)
    else this.error(place, `expected a map, got ${kindOf(node)}`)
    return found
  }

  /** Elements of a list; none when the value is absent or null. */
  elements(place: Place | undefined): readonly Place[] {
    const node = this.#resolved(place)
    if (place === undefined || node === null || isNull(node)) return []
    if (!isSeq(node)) {
      const how = isMap(node) ? 'begin each of its items with "- "' : 'put it in [ ]'
      this.error(place, `expected a list, got ${kindOf(node)}: ${how}`)
      return []
    }
    return node.items.map((item, at) => {
      const element = item as Node | null
      return { node: element, path: `${place.path}.${at}`, offset: element?.range?.[0] ?? place.offset }
    })
  }

  /** A text; numbers and switches are taken as they are written. */
  text(place: Place | undefined): string | undefined {
    return this.#scalar(place, 'a text')?.text
  }

  texts(place: Place | undefined): readonly string[] {
    return this.elements(place).map((element) => this.text(element) ?? '')
  }

  switch(place: Place | undefined): boolean | undefined {
    const scalar = this.#scalar(place, 'true or false')
    if (place === undefined || scalar === undefined) return undefined
    if (scalar.plain && /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON|[yY])$/.test(scalar.text)) return true
    if (scalar.plain && /^(?:false|False|FALSE|no|No|NO|off|Off|OFF|[nN])$/.test(scalar.text)) return false
    this.error(place, 'expected true or false')
    return undefined
  }

  integer(place: Place | undefined): number | undefined {
    const scalar = this.#scalar(place, 'a whole number')
    if (place === undefined || scalar === undefined) return undefined
    const value = wholeNumber(scalar)
    if (value === undefined) this.error(place, 'expected a whole number')
    return value
  }

  /** What a scalar says, and whether it stands without quotes; undefined when it is absent, null, or no scalar. */
  scalar(place: Place | undefined): ScalarText | undefined {
    return this.#scalar(place, 'a single value')
  }

  #scalar(place: Place | undefined, wanted: string): ScalarText | undefined {
    const node = this.#resolved(place)
    if (place === undefined || node === null || isNull(node)) return undefined
    if (isScalar(node)) return { text: String(node.value), plain: node.type === Scalar.PLAIN }
    this.error(place, `expected ${wanted}, got ${kindOf(node)}`)
    return undefined
  }

  #addMembers(map: YAMLMap, path: string, found: Map<string, Place>): void {
    const own = new Set<string>()
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : ''
      const keyOffset = (isScalar(key) ? key.range?.[0] : map.range?.[0]) ?? 0
      const node = value as Node | null
      const offset = node?.range?.[0] ?? keyOffset
      const shown = keyText(name)
      const place = { node, path: path === '' ? shown : `${path}.${shown}`, offset, keyOffset }
      if (name === '<<') {
        this.#addMerged(place, path, found)
        continue
      }
      if (own.has(name)) this.warn({ ...place, offset: keyOffset }, 'stands here twice; the last one counts')
      own.add(name)
      found.set(name, place)
    }
  }

  /** What the map says itself comes before what is merged into it, wherever the `<<` stands. */
  #addMerged(place: Place, path: string, found: Map<string, Place>): void {
    const node = this.#resolved(place)
    const merged = new Map<string, Place>()
    for (const item of isSeq(node) ? node.items.toReversed() : [node]) {
      const map = this.#resolved({ ...place, node: item as Node | null })
      if (isMap(map)) this.#addMembers(map, path, merged)
      else this.error(place, '<< merges maps only')
    }
    for (const [name, member] of merged) if (!found.has(name)) found.set(name, member)
  }

  #isKnown({ node }: Place): boolean {
    return node === null || !this.#unknown.has(node)
  }

  #resolved(place: Place | undefined): Node | null {
    const node = place?.node ?? null
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node
  }

  #sorted(findings: readonly Finding[]): readonly string[] {
    return findings.toSorted((a, b) => a.offset - b.offset).map((finding) => this.#located(finding))
  }

  #located({ offset, message }: Finding): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#fileName}:${line}:${col}: ${message}`
  }
}

export interface ScalarText {
  readonly text: string
  /** Without quotes: only then can it be anything but a text. */
  readonly plain: boolean
}

/** A whole number as Go's decoder takes it: also hexadecimal, octal and binary, and with underscores. */
export function wholeNumber({ text, plain }: ScalarText): number | undefined {
  const digits = text.replaceAll('_', '')
  if (!plain || !/^[-+]?(?:0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/.test(digits))
    return undefined
  const unsigned = digits.replace(/^[-+]/, '')
  const value = Number(/^0\d/.test(unsigned) ? `0o${unsigned.slice(1)}` : unsigned)
  return digits.startsWith('-') ? 0 - value : value
}

function findingAt({ offset, path }: Place, message: string): Finding {
  return { offset, message: path === '' ? message : `"${path}": ${message}` }
}

/** True for a value that is not given. */
export function isNull(node: Node): boolean {
  return isScalar(node) && node.type === Scalar.PLAIN && /^(?:~|null|Null|NULL|)$/.test(String(node.value))
}

function kindOf(node: Node): string {
  return isMap(node) ? 'a map' : isSeq(node) ? 'a list' : 'a single value'
}
