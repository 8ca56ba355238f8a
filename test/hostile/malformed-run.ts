import { createHash } from 'node:crypto'
import { Agent } from 'node:http'
import { lossOf } from './conservation.ts'
import { type ChildState, GatewayChild, type Scope } from './gateway-child.ts'
import { type HostileBody, hostileBodies } from './hostile-bodies.ts'
import { byRequest, type Kept, numbered, readSpool } from './kept.ts'
import { type Answer, honestBody, honestHeaders, inParallel, send } from './post.ts'

export interface MalformedRunOptions {
  readonly seed: number
  readonly bodies: number
  readonly strict?: boolean
}

export interface MalformedReport {
  readonly bodies: number
  readonly distinct: number
  /** Of all bodies but the fillers. */
  readonly bytes: number
  /** How many answers had which status. */
  readonly answers: Readonly<Record<string, number>>
  /** How many bodies were kept in which way. */
  readonly kept: Readonly<Record<string, number>>
  /** When all buffers that it keeps on purpose are full, and at the end. */
  readonly early: ChildState
  readonly late: ChildState
  readonly violations: readonly string[]
}

const mebibyte = 1024 * 1024
const maxBodyBytes = mebibyte
const workers = 16
/** The spool keeps the newest 16 MiB for its reader, and the pump holds 16 MiB ready for Kafka. */
const fillers = 48

/** Posts hostile bodies to a gateway of its own, stops it, and compares what is in its spool with what was posted. */
export async function malformedRun(scope: Scope, options: MalformedRunOptions): Promise<MalformedReport> {
  const { seed, strict = false } = options
  const gateway = await GatewayChild.start(scope, {
    // Without a memory of ids: a repeat that is not stored could not be told from a loss.
    gateway: {
      strict,
      maxBodyBytes,
      ackBudgetMs: 30_000,
      duplicates: { maxEvents: 0 },
      // Longer than any pause of this process: posting on a connection that is about to be closed is no news.
      limits: { keepAliveTimeoutMs: 60_000 },
    },
    config: { logging: { level: 'error', format: 'json' } },
  })
  const bodies = [...Array.from({ length: fillers }, filler), ...taken(hostileBodies(seed), options.bodies)]
  const answers: Answer[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: workers })
  const post = async ({ body, contentType }: HostileBody, number: number): Promise<void> => {
    // One in four by a connection of its own, as registries do it, the others one after another on the same.
    answers[number] = await send(gateway.url, {
      body,
      headers: { 'Content-Type': numbered(contentType, number) },
      ...(number % 4 === 0 ? {} : { agent }),
    })
  }
  await inParallel(bodies.slice(0, fillers), workers, post)
  const early = await gateway.state()
  await inParallel(bodies.slice(fillers), workers, (body, index) => post(body, fillers + index))
  const late = await gateway.state()
  agent.destroy()

  const honest = await send(gateway.url, { body: honestBody('honest'), headers: honestHeaders })
  await gateway.stop()
  const violations = gateway.warnings.map((line) => `on standard error: ${line}`)
  if (honest.status !== 200) violations.push(`an honest post was answered ${honest.status}`)
  const kept = await readSpool(gateway.spoolFolder)
  const requests = byRequest(kept)
  for (const [number, hostile] of bodies.entries()) {
    const answer = answers[number]
    const left = requests.get(number) ?? []
    const problem =
      answer === undefined ? 'no answer' : (oddity(answer, hostile, strict) ?? loss(answer, hostile, left))
    if (problem !== undefined) violations.push(`body ${number} (${hostile.made}): ${problem}`)
  }
  for (const { kind } of strangers(kept, bodies.length)) violations.push(`kept and never posted: ${kind}`)
  return {
    bodies: bodies.length,
    distinct: new Set(bodies.map(({ body }) => createHash('sha256').update(body).digest('base64'))).size,
    bytes: bodies.slice(fillers).reduce((sum, { body }) => sum + body.length, 0),
    answers: tally(answers, ({ status }) => String(status)),
    kept: tally(bodies.keys(), (number) => wayOf(requests.get(number) ?? [])),
    early,
    late,
    violations,
  }
}

/** An event as large as a body may be. */
function filler(_: unknown, number: number): HostileBody {
  const id = `filler-${number}-`
  const padding = maxBodyBytes - honestBody(id).length
  return {
    body: Buffer.from(honestBody(`${id}${'x'.repeat(padding)}`)),
    contentType: 'application/json',
    made: 'filler',
  }
}

/** What is wrong with an answer by itself. */
function oddity(
  { status, headers, body }: Answer,
  hostile: HostileBody,
  strict: boolean,
): string | undefined {
  const allowed = strict ? [200, 400, 413, 415] : [200]
  if (!allowed.includes(status)) return `answered ${status}`
  if (status === 200) return body.length === 0 ? undefined : 'a 200 with a body'
  const { code, message, ...more } = JSON.parse(body.toString())
  if (typeof code !== 'string' || typeof message !== 'string' || Object.keys(more).length > 0) {
    return 'an answer of another form'
  }
  return [message, ...Object.values(headers).map(String)].some((text) => echoes(text, hostile.body))
    ? `the answer shows something of the body: ${message}`
    : undefined
}

/** Longer than any word that answers and notifications have in common. */
const echoLength = 20

export function echoes(text: string, body: Buffer): boolean {
  for (let at = 0; at + echoLength <= text.length; at++) {
    if (body.includes(text.slice(at, at + echoLength))) return true
  }
  return false
}

function loss({ status }: Answer, { body }: HostileBody, kept: readonly Kept[]): string | undefined {
  if (status === 200) return lossOf(body, kept, maxBodyBytes)
  return kept.length === 0 ? undefined : `answered ${status}, and kept`
}

function strangers(kept: readonly Kept[], bodies: number): readonly Kept[] {
  return kept.filter(
    (one) =>
      (one.request === undefined || one.request >= bodies) && !(one.kind === 'event' && one.id === 'honest'),
  )
}

function wayOf(kept: readonly Kept[]): string {
  const ways = new Set(kept.map((one) => (one.kind === 'event' ? 'event' : one.reason)))
  return ways.size === 0 ? 'nothing' : [...ways].toSorted().join(' and ')
}

function taken<T>(source: Iterator<T, never>, count: number): readonly T[] {
  return Array.from({ length: count }, () => source.next().value)
}

function tally<T>(list: Iterable<T>, nameOf: (item: T) => string): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const item of list) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1)
  return Object.fromEntries(counts)
}
