import type { z } from 'zod'
import type { ConfigDocument } from './config-document.ts'
import { type ConfigPath, pathText, valueAt } from './config-path.ts'
import type { Finding } from './finding.ts'
import { knownKeys, meantKey } from './issues.ts'
import { configKeys, isFreeKey, nodeAt, pathsOf } from './key-tree.ts'
import { type ConfigPlace, Places } from './places.ts'
import { variableFor } from './read-settings.ts'
import type { Settings } from './setting.ts'

/** Of those that have no default: how a value looks. */
const examples: Readonly<Record<string, string>> = {
  'kafka.brokers': 'kafka-1:9092',
  'schemaRegistry.url': 'http://schema-registry:8081',
}

/** Keys that an endpoint has in the configuration of a registry only. */
const registryKeys: readonly string[] = [
  'threshold',
  'backoff',
  'maxretries',
  'ignoredmediatypes',
  'queuesizelimit',
  'queuepurgetimeout',
  'disabled',
  'fanouttimeout',
]

/** Units of numbers, which their keys name. */
const units: readonly (readonly [RegExp, string])[] = [
  [/Ms$/, 'a number of milliseconds'],
  [/Bytes$/, 'a number of bytes'],
]

/** One thing that is wrong. */
export interface LocatedFinding {
  /** `file:line:column`, `--set gateway.port`, the name of a variable, or empty where there is no file. */
  readonly place: string
  readonly message: string
}

/** `place: what is wrong`. */
export function findingLine({ place, message }: LocatedFinding): string {
  return place === '' ? message : `${place}: ${message}`
}

interface Found {
  readonly place: ConfigPlace
  readonly message: string
}

/** What is wrong with a configuration, collected from everywhere and said in the order of where it stands. */
export class Findings {
  readonly #given: unknown
  readonly #document: ConfigDocument | undefined
  readonly #places: Places
  readonly #found: Found[] = []

  /**
   * With what is wrong with the file and the settings themselves.
   * @param given what both say together
   */
  constructor(given: unknown, document: ConfigDocument | undefined, settings: Settings) {
    this.#given = given
    this.#document = document
    this.#places = new Places(document, settings)
    this.addFromFile(document?.findings ?? [])
    for (const finding of settings.findings) {
      this.#found.push({ place: this.#places.ofSetting(finding), message: finding.message })
    }
    if (document?.torn === true) {
      this.#found.push({
        place: { text: document.fileName, rank: 0, at: Number.POSITIVE_INFINITY },
        message: 'nothing else in this file was looked at: its YAML must be right first',
      })
    }
  }

  addFromFile(findings: readonly Finding[]): void {
    for (const { offset, message } of findings) {
      this.#found.push({ place: this.#places.atOffset(offset), message })
    }
  }

  /** What the rules say, except of values that could not be read at all: that has been said. */
  addIssues(issues: readonly z.core.$ZodIssue[]): void {
    for (const issue of issues) {
      if (this.#isFollowUp(issue)) continue
      this.#addIssue(issue)
      if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
        this.#addStrangers(issue.path.slice(0, -1))
      }
    }
  }

  /** In the order of the file, then variables, then flags; none twice. */
  get all(): readonly LocatedFinding[] {
    const sorted = this.#found.toSorted((a, b) => a.place.rank - b.place.rank || a.place.at - b.place.at)
    const located = sorted.map(({ place, message }) => ({ place: place.text, message }))
    return located.filter(
      (one, at) => located.findIndex((other) => findingLine(other) === findingLine(one)) === at,
    )
  }

  #isFollowUp({ path, code }: z.core.$ZodIssue): boolean {
    const document = this.#document
    if (document === undefined || this.#places.settingOf(path) !== undefined) return false
    if (document.torn || document.isUnread(path)) return true
    // None of the forms that the value may have fits, and one of its members may be the reason.
    return code === 'invalid_union' && document.hasUnreadBelow(path)
  }

  /** A key that must not be there is shown at the key, everything else at the value, or where the value ought to be. */
  #addIssue(issue: z.core.$ZodIssue): void {
    const { path, code } = issue
    if (code === 'unrecognized_keys') {
      this.#addUnknown(path, issue.keys, knownKeys(issue.message))
      return
    }
    if (code === 'invalid_key') {
      const place = this.#places.ofKey(path.slice(0, -1), path.at(-1) ?? '')
      this.#found.push({ place, message: `"${this.#text(path)}": ${issue.message}` })
      return
    }
    const place = this.#places.of(path)
    // A rule about two values may be broken by one that is not in the file.
    const isMissing = code !== 'custom' && valueAt(this.#given, path) === undefined
    this.#found.push({ place, message: isMissing ? missing(path) : this.#wrong(issue) })
  }

  /** Where the key that names the block is missing or wrong, no rule looks at the others: those that no such block has. */
  #addStrangers(path: ConfigPath): void {
    const block = valueAt(this.#given, path)
    const known = [...(nodeAt(configKeys(), path)?.keys.keys() ?? [])]
    const given = typeof block === 'object' && block !== null ? Object.keys(block) : []
    this.#addUnknown(
      path,
      given.filter((key) => !known.includes(key)),
      known,
    )
  }

  #addUnknown(path: ConfigPath, keys: readonly string[], known: readonly string[]): void {
    for (const key of keys) {
      this.#found.push({ place: this.#places.ofKey(path, key), message: this.#unknown(path, key, known) })
    }
  }

  /** Without the path where the place is a setting whose name says it. */
  #wrong(issue: z.core.$ZodIssue): string {
    const { path } = issue
    const names = this.#places.variablesOf(path).map((name) => `\${${name}}`)
    const from = names.length === 0 ? '' : ` (the value comes from ${names.join(', ')})`
    const message = `${withUnit(issue)}${from}`
    const isNamed = this.#places.settingOf(path)?.path.length === path.length
    if (isNamed) return message
    return path.length === 0 ? `the configuration ${message}` : `"${this.#text(path)}": ${message}`
  }

  #unknown(path: ConfigPath, key: string, known: readonly string[]): string {
    const whole = [...path, key]
    if (/^[\w.-]+:/.test(key)) {
      return `unknown key "${pathText(whole)}"; is the space behind its colon missing?`
    }
    const nearest = meantKey(key, known)
    if (nearest !== '' || !this.#isTornOff(whole)) {
      return `unknown key "${pathText(whole)}"${nearest || elsewhere(whole, known)}`
    }
    const name = pathText([...path, '…'])
    return `unknown key "${name}" without a value: is it what stands behind the comma of a text that needs quotes?`
  }

  #text(path: ConfigPath): string {
    return pathText(this.#isTornOff(path) ? [...path.slice(0, -1), '…'] : path)
  }

  /** In braces the comma of a password makes a key without a value of what is behind it. */
  #isTornOff(path: ConfigPath): boolean {
    return valueAt(this.#given, path) === null && isFreeKey(configKeys(), path)
  }
}

/** Where no key of the block is near: blocks that have such a key, or else the keys of this one, where they are few. */
function elsewhere(path: ConfigPath, known: readonly string[]): string {
  const [key = ''] = path.slice(-1).map(String)
  if (registryKeys.includes(key)) {
    return '; registries have it in the block "notifications", which can be pasted here whole'
  }
  const same = pathsOf(configKeys()).filter((one) => one.at(-1) === key)
  // One that this block has too, though not beside what else stands in it, is not looked for in others.
  if (isFreeKey(configKeys(), path) && same.length > 0 && same.length < 4) {
    return `; ${same.map((one) => pathText(one.slice(0, -1))).join(' and ')} ${same.length === 1 ? 'has' : 'have'} one`
  }
  if (known.length === 1) return `; the only one is ${known.join()}`
  return known.length <= 10 ? `; there are ${known.join(', ')}` : ''
}

function missing(path: ConfigPath): string {
  const name = pathText(path)
  const example = examples[name]
  return example === undefined
    ? `"${name}" is missing`
    : `"${name}" is missing: write it into the file, or set ${variableFor(path)}=${example} or --set ${name}=${example}`
}

function withUnit({ code, path, message }: z.core.$ZodIssue): string {
  if (code !== 'invalid_type') return message
  const unit = units.find(([pattern]) => pattern.test(String(path.at(-1))))?.[1]
  return unit === undefined ? message : message.replace('a number', unit)
}
