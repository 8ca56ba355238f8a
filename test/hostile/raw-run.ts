import { toError } from '../../src/errors.ts'
import { type ChildState, GatewayChild, type Scope } from './gateway-child.ts'
import { type Kept, readSpool } from './kept.ts'
import { honestBody, honestHeaders, inParallel, send } from './post.ts'
import { answersOf, type RawAnswer } from './raw-answers.ts'
import { talk } from './raw-socket.ts'
import { type RawStream, rawStreams } from './raw-streams.ts'

export interface RawRunOptions {
  readonly seed: number
  readonly streams: number
}

export interface RawReport {
  readonly streams: number
  /** Answers by status, of all streams. */
  readonly answers: Readonly<Record<string, number>>
  /** Connections that ended with a reset. */
  readonly resets: number
  /** Requests that had to be taken. */
  readonly due: number
  readonly state: ChildState
  readonly violations: readonly string[]
}

/** A second or two each, so that a run is over soon; what is checked is that they end a connection at all. */
const limits = {
  headersTimeoutMs: 1_000,
  requestTimeoutMs: 2_000,
  keepAliveTimeoutMs: 500,
  checkIntervalMs: 250,
  bodyGraceMs: 1_000,
  lingerMs: 300,
}
/** Well above what the limits add up to, for a machine that is busy. */
const patienceMs = 30_000
const connections = 400

interface Outcome {
  readonly stream: RawStream
  readonly answers: readonly RawAnswer[]
  readonly reset: boolean
  readonly problem?: string
}

/** Writes byte streams to a gateway of its own and compares answers and spool with what may come of them. */
export async function rawRun(scope: Scope, { seed, streams }: RawRunOptions): Promise<RawReport> {
  const gateway = await GatewayChild.start(scope, {
    gateway: { limits, ackBudgetMs: 10_000 },
    config: { logging: { level: 'error', format: 'json' } },
  })
  const source = rawStreams(seed)
  const all = Array.from({ length: streams }, () => source.next().value)
  const outcomes: Outcome[] = []
  await inParallel(all, connections, async (stream) => {
    outcomes.push(await outcomeOf(stream, gateway.port))
  })
  const state = await gateway.state()
  const honest = await send(gateway.url, { body: honestBody('honest'), headers: honestHeaders })
  await gateway.stop()

  const violations = gateway.warnings.map((line) => `on standard error: ${line}`)
  if (honest.status !== 200) violations.push(`an honest post was answered ${honest.status}`)
  const events = eventCounts(await readSpool(gateway.spoolFolder))
  for (const outcome of outcomes) {
    const problem = outcome.problem ?? oddity(outcome, events)
    if (problem !== undefined) violations.push(`${outcome.stream.made}: ${problem}`)
    for (const id of outcome.stream.allowed) events.delete(id)
  }
  events.delete('honest')
  for (const id of events.keys()) violations.push(`smuggled: ${id}`)
  const answers = new Map<number, number>()
  for (const { status } of outcomes.flatMap((outcome) => outcome.answers)) {
    answers.set(status, (answers.get(status) ?? 0) + 1)
  }
  return {
    streams,
    answers: Object.fromEntries(answers),
    resets: outcomes.filter(({ reset }) => reset).length,
    due: outcomes.flatMap(({ stream }) => stream.due).length,
    state,
    violations,
  }
}

async function outcomeOf(stream: RawStream, port: number): Promise<Outcome> {
  try {
    const { received, reset } = await talk(port, stream.bytes, patienceMs)
    return { stream, answers: answersOf(received, reset), reset }
  } catch (error) {
    return { stream, answers: [], reset: false, problem: toError(error).message }
  }
}

function oddity({ stream, answers }: Outcome, events: ReadonlyMap<string, number>): string | undefined {
  const accepted = answers.filter(({ status }) => status === 200).length
  const kept = stream.allowed.map((id) => events.get(id) ?? 0)
  if (kept.some((count) => count > 1)) return 'an event is there twice'
  if (stream.due.length > accepted) return `${accepted} of ${stream.due.length} requests were answered 200`
  if (stream.due.some((id) => !events.has(id))) return 'an event is missing'
  if (accepted > stream.allowed.length) return `${accepted} answers 200 for ${stream.allowed.length} requests`
  const redirect = answers.find(({ status }) => status >= 300 && status < 400)
  return redirect === undefined ? undefined : `answered ${redirect.status}`
}

function eventCounts(kept: readonly Kept[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of kept) {
    if (one.kind === 'event') counts.set(one.id ?? '', (counts.get(one.id ?? '') ?? 0) + 1)
  }
  return counts
}
