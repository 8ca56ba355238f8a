import { type Clock, sleep, within } from '../clock.ts'
import { isRelayError, toError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import { matchFilter } from '../event/match-rules.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import type { ConsumedRecord, LostRecords } from '../kafka/consumer-port.ts'
import type { DeadLetters } from '../kafka/dead-letter-port.ts'
import type { Outcome } from '../topic-bridge/delivered.ts'
import type { Span } from '../topic-bridge/topic-bridge.ts'
import { answerOf } from './replay-answer.ts'
import type { ReplayPlan } from './replay-plan.ts'
import type { PreparedReplay } from './replay-prepare.ts'
import { ReplayProgress } from './replay-progress.ts'
import { type Refusal, Refusals } from './replay-refusals.ts'
import { recordFilter } from './replay-spans.ts'
import { storeReplay } from './replay-store.ts'

/** What a bridge for a replay is made of, beside the endpoint and its connections. */
export interface ReplayBridgeOptions {
  readonly topic: string
  /** Of the consumers: `<group>.<id>`. */
  readonly group: string
  readonly id: string
  readonly span: Span
  /** Beside what the endpoint itself is configured to get; undefined: all of it, and no event is read to find that out. */
  readonly wants?: ((event: Event) => boolean) | undefined
  readonly onOutcome: (outcome: Outcome, record: ConsumedRecord) => void
  readonly onLost: (records: LostRecords) => void
  readonly deadLetters: DeadLetters
}

/** A topic bridge, as far as a replay looks at it. */
export interface ReplayBridge {
  start(): Promise<void>
  readiness(): { readonly ready: boolean; readonly reason?: string }
  /** Lets deliveries under way end, commits, and leaves the group. */
  close(): Promise<unknown>
  /** Rejects when nothing more will be delivered, as by an endpoint that is gone. Never resolves. */
  readonly failed?: Promise<never>
}

export interface ReplayOptions {
  readonly replay: PreparedReplay
  readonly admin: Pick<AdminPort, 'groupOffsets' | 'presetOffsets' | 'earliestOffsets'>
  readonly openBridge: (options: ReplayBridgeOptions) => ReplayBridge
  readonly clock: Clock
  /** Aborted: what is under way ends and is committed, and the replay is over for now. */
  readonly signal: AbortSignal
  /** Called about twice a second. */
  readonly onProgress?: (state: ReplayState) => void
}

export interface ReplayCounts {
  /** Since this start. */
  readonly delivered: number
  /** Since this start: not meant by the filters. */
  readonly filtered: number
  /** Since this start: never to be delivered. */
  readonly refused: number
}

export interface ReplayState extends ReplayCounts {
  /** From the first start on: offsets below the lowest of their partition that is still open. */
  readonly done: bigint
  /** Offsets of all spans. */
  readonly total: bigint
  /** What keeps it waiting; undefined: nothing. */
  readonly waiting?: string | undefined
}

export interface ReplayEnd extends ReplayState {
  readonly end: 'done' | 'interrupted' | 'failed'
  /** Why it failed. */
  readonly error?: Error | undefined
  /** Everything was through before this start. */
  readonly finishedBefore: boolean
  /** Offsets that were gone from the topic before they were delivered. */
  readonly lost: bigint
  /** The first of what was refused. */
  readonly refusals: readonly Refusal[]
}

const lookMs = 500
/** Kafka forgets what nobody wrote for a week; the plan is written again while the replay runs. */
const storeEveryMs = 3_600_000
/** Of what is asked while it runs. Longer than a broker takes to answer, short enough that the progress line does not stand still. */
const answerMs = 10_000
/** A look that Kafka does not answer must not keep a stop waiting. */
const lastLookMs = 3_000

/**
 * Delivers what is left of a replay. Resolves when every partition is through, when nothing more can be delivered, or, after
 * an abort, as soon as all deliveries under way are over, whether Kafka answers or not. Rejects as {@link AdminPort} does when
 * the first look fails; what Kafka or the endpoint does later is waited for.
 */
export async function runReplay(options: ReplayOptions): Promise<ReplayEnd> {
  const { replay, admin, clock, signal, onProgress = () => {} } = options
  const refusals = new Refusals()
  const counts = { delivered: 0, filtered: 0 }
  const progress = new ReplayProgress(replay, admin)
  const state = (waiting?: string): ReplayState => ({
    ...counts,
    refused: refusals.count,
    done: progress.done,
    total: progress.total,
    waiting,
  })
  let finishedBefore = false
  const finish = (end: ReplayEnd['end'], error?: Error): ReplayEnd => ({
    ...state(),
    end,
    error,
    finishedBefore,
    lost: progress.lost,
    refusals: refusals.first,
  })
  try {
    await answerOf(progress.look(), { clock, signal })
  } catch (thrown) {
    if (signal.aborted) return finish('interrupted')
    throw thrown
  }
  if (progress.complete) {
    finishedBefore = replay.resumed && progress.lost === 0n
    return finish('done')
  }

  const bridge = openBridge(options, {
    deadLetters: refusals,
    onOutcome: (outcome) => {
      if (outcome !== 'dead_letter') counts[outcome]++
    },
    onLost: ({ partition, from, to }) => progress.gone(partition, from, to),
  })
  let failure: Error | undefined
  const failed = (thrown: unknown): void => {
    failure ??= toError(thrown)
  }
  bridge.start().catch(failed)
  bridge.failed?.catch(failed)

  const limits = { clock, ms: answerMs, signal }
  let storedAt = clock.monotonic()
  while (!signal.aborted && failure === undefined && !progress.complete) {
    await sleep(clock, lookMs, signal).catch(() => undefined)
    if (signal.aborted) break
    const trouble = await answerOf(progress.look(), limits).then(() => undefined, wordsOf)
    if (signal.aborted) break
    onProgress(state(trouble ?? bridge.readiness().reason))
    if (clock.monotonic() - storedAt < storeEveryMs) continue
    // The next hour comes long before the week is over.
    await answerOf(storeReplay(replay.consumerGroup, replay, admin), limits).catch(() => undefined)
    storedAt = clock.monotonic()
  }
  await bridge.close()
  await within(clock, lastLookMs, progress.look()).catch(() => undefined)
  if (progress.complete) return finish('done')
  return failure === undefined ? finish('interrupted') : finish('failed', failure)
}

function openBridge(
  { replay, openBridge: open }: ReplayOptions,
  watched: Pick<ReplayBridgeOptions, 'deadLetters' | 'onOutcome' | 'onLost'>,
): ReplayBridge {
  const { plan, spans, group, id } = replay
  const ends = new Map([...spans].map(([partition, { end }]) => [partition, end]))
  return open({
    topic: plan.topic,
    group,
    id,
    span: { ends, wants: recordFilter(plan, spans) },
    wants: eventFilter(plan),
    ...watched,
  })
}

function eventFilter({ actions, repositories }: ReplayPlan): ((event: Event) => boolean) | undefined {
  if (actions.length === 0 && repositories.length === 0) return undefined
  return matchFilter({ actions, repositories: { include: repositories } })
}

function wordsOf(thrown: unknown): string {
  return isRelayError(thrown) ? thrown.message : toError(thrown).message
}
