import { RelayError } from '../errors.ts'
import { nanosecondsToMs, parseGoDuration } from './go-duration.ts'
import { meantKey } from './issues.ts'
import { isNull, type Place, wholeNumber, YamlReader } from './yaml-reader.ts'

/** The `notifications` block of a registry's configuration. What is not written is absent; nothing is defaulted here. */
export interface NotificationsBlock {
  /** GitLab: how long its broadcaster waits for endpoints at shutdown. Milliseconds. */
  readonly fanoutTimeoutMs?: number
  /** Manifest events carry what the manifest refers to. */
  readonly includeReferences: boolean
  /** Those that are not disabled, in the order of the file. */
  readonly endpoints: readonly NotificationsEndpoint[]
}

/** One endpoint as the file has it. Zero and negative numbers are kept: they mean the default, as in the registry. */
export interface NotificationsEndpoint {
  /** Empty when the file gives none. Need not be unique. */
  readonly name: string
  readonly url: string
  /** Name as written, to its lines. Values are secrets. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly timeoutMs?: number
  readonly threshold?: number
  readonly backoffMs?: number
  readonly ignoredMediaTypes: readonly string[]
  readonly ignore: { readonly mediaTypes: readonly string[]; readonly actions: readonly string[] }
  /** GitLab. */
  readonly maxRetries?: number
  /** GitLab. */
  readonly queuePurgeTimeoutMs?: number
  /** GitLab. */
  readonly queueSizeLimit?: number
}

export interface ReadNotifications {
  readonly block: NotificationsBlock
  /** `file:line:column: …` for all that a registry takes in silence and the author hardly meant. */
  readonly warnings: readonly string[]
  /** Endpoints that are switched off, each with its place. */
  readonly notes: readonly string[]
}

/**
 * Reads the `notifications` block out of a registry's configuration file (Distribution 2 and 3, GitLab), by the rules
 * of the registry's own decoder. Environment variables are not looked at.
 *
 * Warned about, because the registry says nothing: keys it does not know, numbers without a unit where a duration is
 * wanted (they are nanoseconds), names that are missing or come twice.
 *
 * @throws RelayError CONFIG_INVALID with one line per finding, `file:line:column: what is wrong`: a header that is no
 * list, a duration that is none, an endpoint without a URL (it could never deliver anything).
 */
export function readNotifications(text: string, fileName: string): ReadNotifications {
  const reader = new YamlReader(text, fileName)
  const { members: _, disabled: __, endpoints, ...block } = new BlockReader(reader).read()
  lookAtNames(endpoints, reader)
  if (reader.errors.length > 0) {
    throw new RelayError('CONFIG_INVALID', reader.errors.join('\n'), { facts: { file: fileName } })
  }
  return {
    block: { ...block, endpoints: endpoints.map(({ endpoint }) => endpoint) },
    warnings: reader.warnings,
    notes: reader.notes,
  }
}

/** The same with the places of its members by their keys, for whoever finds fault with more than the registry does. */
export interface PlacedBlock extends Omit<NotificationsBlock, 'endpoints'> {
  readonly members: ReadonlyMap<string, Place>
  readonly endpoints: readonly PlacedEndpoint[]
  /** Names of those that are. */
  readonly disabled: readonly string[]
}

export interface PlacedEndpoint {
  readonly endpoint: NotificationsEndpoint
  readonly place: Place
  readonly members: ReadonlyMap<string, Place>
}

/** Of one endpoint, as Distribution and GitLab have them. */
export const endpointKeys = [
  'name',
  'disabled',
  'url',
  'headers',
  'timeout',
  'threshold',
  'maxretries',
  'backoff',
  'ignoredmediatypes',
  'ignore',
  'queuepurgetimeout',
  'queuesizelimit',
] as const

/** Reads the block and says to the reader of the file what is wrong; names of endpoints are not looked at. */
export class BlockReader {
  readonly #reader: YamlReader

  constructor(reader: YamlReader) {
    this.#reader = reader
  }

  read(): PlacedBlock {
    const place = this.#reader.members(this.#reader.root).get('notifications')
    if (place === undefined)
      return { includeReferences: false, members: new Map(), endpoints: [], disabled: [] }
    const members = this.#known(place, ['fanouttimeout', 'events', 'endpoints'])
    const events = members.get('events')
    const ofEvents = events === undefined ? undefined : this.#known(events, ['includereferences'])
    const disabled: string[] = []
    const endpoints = this.#reader
      .elements(members.get('endpoints'))
      .flatMap((endpoint) => this.#endpoint(endpoint, disabled))
    return {
      ...present('fanoutTimeoutMs', this.#durationMs(members.get('fanouttimeout'))),
      includeReferences: this.#reader.switch(ofEvents?.get('includereferences')) ?? false,
      members,
      endpoints,
      disabled,
    }
  }

  /** None, and its name to `disabled`, when it is: the registry looks no further then, and neither do we. */
  #endpoint(place: Place, disabled: string[]): readonly PlacedEndpoint[] {
    const reader = this.#reader
    const members = this.#known(place, endpointKeys)
    const name = reader.text(members.get('name')) ?? ''
    if (reader.switch(members.get('disabled')) === true) {
      reader.note(place, `endpoint ${JSON.stringify(name)} is disabled and left out`)
      disabled.push(name)
      return []
    }
    const url = reader.text(members.get('url')) ?? ''
    if (url === '') reader.error(members.get('url') ?? place, 'the endpoint has no url')
    const ignore = members.get('ignore')
    const ignored = ignore === undefined ? undefined : this.#known(ignore, ['mediatypes', 'actions'])
    const endpoint = {
      name,
      url,
      headers: this.#headers(members.get('headers')),
      ...present('timeoutMs', this.#durationMs(members.get('timeout'))),
      ...present('threshold', reader.integer(members.get('threshold'))),
      ...present('backoffMs', this.#durationMs(members.get('backoff'))),
      ignoredMediaTypes: reader.texts(members.get('ignoredmediatypes')),
      ignore: {
        mediaTypes: reader.texts(ignored?.get('mediatypes')),
        actions: reader.texts(ignored?.get('actions')),
      },
      ...present('maxRetries', reader.integer(members.get('maxretries'))),
      ...present('queuePurgeTimeoutMs', this.#durationMs(members.get('queuepurgetimeout'))),
      ...present('queueSizeLimit', reader.integer(members.get('queuesizelimit'))),
    }
    return [{ endpoint, place, members }]
  }

  #headers(place: Place | undefined): Readonly<Record<string, readonly string[]>> {
    if (place === undefined) return {}
    const lines = [...this.#reader.members(place)].map(
      ([name, values]) => [name, this.#reader.texts(values)] as const,
    )
    return Object.fromEntries(lines)
  }

  #durationMs(place: Place | undefined): number | undefined {
    const scalar = this.#reader.scalar(place)
    if (place === undefined || scalar === undefined) return undefined
    const bare = wholeNumber(scalar)
    if (bare !== undefined) {
      // 0 is 0 in every unit.
      if (bare !== 0) {
        this.#reader.warn(
          place,
          `${bare} without a unit is nanoseconds to the registry; milliseconds are ${bare}ms`,
        )
      }
      return bare / 1e6
    }
    try {
      return nanosecondsToMs(parseGoDuration(scalar.text))
    } catch (error) {
      this.#reader.error(place, `${JSON.stringify(scalar.text)}: ${(error as RangeError).message}`)
      return undefined
    }
  }

  /** All members; a warning for each that the registry does not know and passes over. */
  #known(place: Place, keys: readonly string[]): ReadonlyMap<string, Place> {
    const members = this.#reader.members(place)
    for (const [key, member] of members) {
      if (keys.includes(key)) continue
      const meant = meantKey(key, keys)
      // In braces the comma of a text makes a key without a value of what is behind it, which may be a secret.
      const isTornOff = meant === '' && (member.node === null || isNull(member.node))
      this.#reader.warn(
        {
          ...member,
          path: isTornOff ? `${place.path}.…` : member.path,
          offset: member.keyOffset ?? member.offset,
        },
        `unknown key, the registry ignores it${meant}`,
      )
    }
    return members
  }
}

function lookAtNames(endpoints: readonly PlacedEndpoint[], reader: YamlReader): void {
  const names = new Set<string>()
  for (const { place, endpoint } of endpoints) {
    const { name } = endpoint
    if (name === '')
      reader.warn(place, 'the endpoint has no name: metrics and log lines cannot say which it is')
    else if (names.has(name))
      reader.warn(place, `a second endpoint ${JSON.stringify(name)}: their metrics are added up`)
    names.add(name)
  }
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }
}
