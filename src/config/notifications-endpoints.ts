import type { EndpointConfig } from './endpoint-config.ts'
import { endpoint as endpointRules } from './endpoint-schema.ts'
import { nothingLeft } from './event-rules.ts'
import { flatten } from './issues.ts'
import { actionProblem } from './known-actions.ts'
import { BlockReader, type PlacedEndpoint } from './notifications-block.ts'
import { longestTimerMs } from './rules.ts'
import { Secret } from './secret.ts'
import type { Place, YamlReader } from './yaml-reader.ts'

/** Keys of a registry that bound or pace a queue in memory, and why the bridge, whose queue is Kafka, has no use for them. */
const withoutEffect: Readonly<Record<string, string>> = {
  threshold: 'waits grow with each failure; bridge.endpoints[].breaker is what pauses an endpoint',
  queuesizelimit: 'what waits lies in Kafka',
  queuepurgetimeout: 'what is not delivered at a stop is delivered after the next start',
  fanouttimeout: 'what is not delivered at a stop is delivered after the next start',
  events: 'events are delivered as the registry made them',
}

/** Where the values of an endpoint come from, for what is wrong with them. */
const sources: Readonly<Record<string, string>> = {
  name: 'name',
  url: 'url',
  timeoutMs: 'timeout',
  'retry.firstMs': 'backoff',
  'retry.maxAttempts': 'maxretries',
}

/** What the block `notifications` has for the bridge. */
export interface FurtherEndpoints {
  readonly endpoints: readonly EndpointConfig[]
  /** Names of those that are switched off. */
  readonly disabled: readonly string[]
}

/**
 * The endpoints of the block `notifications`, as a registry has it, as endpoints of the bridge. What is wrong, hardly meant or
 * without effect is said to `reader`; an endpoint that cannot be used is left out.
 *
 * @param taken names of the other endpoints
 */
export function notificationsEndpoints(reader: YamlReader, taken: readonly string[]): FurtherEndpoints {
  const { members, endpoints, disabled } = new BlockReader(reader).read()
  noteWithoutEffect(members, reader)
  const names = new Map(taken.map((name) => [name, 'bridge.endpoints']))
  return {
    endpoints: endpoints.flatMap((placed) => {
      noteWithoutEffect(placed.members, reader)
      checkName(placed, names, reader)
      return new Mapping(placed, reader).endpoints()
    }),
    disabled,
  }
}

function noteWithoutEffect(members: ReadonlyMap<string, Place>, reader: YamlReader): void {
  for (const [key, place] of members) {
    const why = Object.hasOwn(withoutEffect, key) ? withoutEffect[key] : undefined
    if (why !== undefined) reader.note(atKey(place), `has no effect here: ${why}`)
  }
}

/** What a registry does not mind: the name need not be there, nor be the only one. */
function checkName(
  { endpoint: { name }, place, members }: PlacedEndpoint,
  names: Map<string, string>,
  reader: YamlReader,
): void {
  const at = members.get('name') ?? place
  const other = names.get(name)
  if (name === '') reader.error(at, 'the endpoint has no name: give it one, it names a consumer group')
  else if (other !== undefined)
    reader.error(at, `${other} has an endpoint ${JSON.stringify(name)} too: give this one another name`)
  names.set(name, 'this list')
}

class Mapping {
  readonly #placed: PlacedEndpoint
  readonly #reader: YamlReader

  constructor(placed: PlacedEndpoint, reader: YamlReader) {
    this.#placed = placed
    this.#reader = reader
  }

  /** One, or none when something is wrong with it. */
  endpoints(): readonly EndpointConfig[] {
    const { name, url, timeoutMs, backoffMs, maxRetries = 0 } = this.#placed.endpoint
    const { ignoredMediaTypes, ignore } = this.#placed.endpoint
    const firstMs = wholeMs(backoffMs)
    const result = endpointRules.safeParse(
      {
        name,
        url: withoutUser(url),
        headers: this.#headers(),
        timeoutMs: wholeMs(timeoutMs),
        // A first wait above the longest one would be an error, and nobody could change the longest.
        retry: {
          firstMs,
          ...(firstMs === undefined ? {} : { maxMs: Math.max(firstMs, 30_000) }),
          ...(maxRetries > 0 ? { maxAttempts: maxRetries + 1 } : {}),
        },
        ignore: {
          mediaTypes: [...ignoredMediaTypes, ...ignore.mediaTypes],
          actions: ignore.actions.filter((action) => this.#isKnown(action)),
        },
      },
      { reportInput: false },
    )
    for (const { path, message } of flatten(result.error?.issues ?? [])) this.#report(path, message)
    if (!result.success) return []
    const { only, ignore: notWanted } = result.data
    const nothing = nothingLeft(only, notWanted)
    const { members, place } = this.#placed
    if (nothing !== undefined) this.#reader.warn(atKey(members.get('ignore') ?? place), nothing)
    return [result.data]
  }

  /** Where name or URL is missing, that has been said. */
  #report(path: readonly PropertyKey[], message: string): void {
    const { endpoint, place, members } = this.#placed
    const headers = members.get('headers')
    if (path[0] === 'headers' && headers !== undefined) {
      const header = this.#reader.members(headers).get(String(path[1]))
      this.#reader.error(atKey(header ?? headers), message)
      return
    }
    const key = sources[path.join('.')] ?? ''
    if ((key === 'name' && endpoint.name === '') || (key === 'url' && endpoint.url === '')) return
    const fix = key === 'name' ? `; ${JSON.stringify(usableName(endpoint.name))} would do` : ''
    this.#reader.error(members.get(key) ?? place, `${message}${fix}`)
  }

  /** User name and password in the URL become a header, as a registry's HTTP client makes one of them. */
  #headers(): Readonly<Record<string, readonly Secret[]>> {
    const { endpoint, place, members } = this.#placed
    const headers = Object.entries(endpoint.headers).map(
      ([name, values]) => [name, values.map((value) => new Secret(value))] as const,
    )
    const { username = '', password = '' } = urlOf(endpoint.url) ?? {}
    if (username === '' && password === '') return Object.fromEntries(headers)
    const at = members.get('url') ?? place
    if (headers.some(([name, values]) => name.toLowerCase() === 'authorization' && values.length > 0)) {
      this.#reader.warn(at, 'user name and password in the URL are not sent: headers.Authorization is')
      return Object.fromEntries(headers)
    }
    const pair = decoded(`${username}:${password}`)
    if (pair === undefined)
      this.#reader.error(at, 'user name or password holds a % that begins no escape: write it %25')
    const credentials = Buffer.from(pair ?? '', 'utf8').toString('base64')
    return Object.fromEntries([...headers, ['Authorization', [new Secret(`Basic ${credentials}`)]]])
  }

  #isKnown(action: string): boolean {
    const problem = actionProblem(action)
    const { members, place } = this.#placed
    if (problem !== undefined) this.#reader.warn(atKey(members.get('ignore') ?? place), problem)
    return problem === undefined
  }
}

function atKey(place: Place): Place {
  return { ...place, offset: place.keyOffset ?? place.offset }
}

/** As a registry takes them: what is not above 0 stands for the default. Never rounded down to 0, never above a timer's end. */
function wholeMs(ms: number | undefined): number | undefined {
  return ms === undefined || ms <= 0 ? undefined : Math.min(Math.ceil(ms), longestTimerMs)
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** The text as it is where it has neither user name nor password. */
function withoutUser(text: string): string {
  const url = urlOf(text)
  if (url === undefined || (url.username === '' && url.password === '')) return text
  url.username = ''
  url.password = ''
  return url.href
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function usableName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_-]+/g, '-').slice(0, 100)
}
