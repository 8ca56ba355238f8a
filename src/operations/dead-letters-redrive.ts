import { type Clock, type Random, sleep } from '../clock.ts'
import { isRelayError, RelayError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { TopicReader, TopicSpan } from '../kafka/reader-port.ts'
import type { TopicWriter } from '../kafka/writer-port.ts'
import { RequestRate } from '../topic-bridge/request-rate.ts'
import type { DeadLetter } from './dead-letters.ts'
import { withAttempts } from './dead-letters-attempts.ts'
import { fateRecord } from './dead-letters-fates.ts'
import { idText } from './dead-letters-id.ts'
import { Patience } from './dead-letters-patience.ts'
import type { PlannedLetter } from './dead-letters-plan.ts'
import { KeyedRuns } from './dead-letters-runs.ts'
import type { RedriveTarget } from './dead-letters-targets.ts'

/**
 * - `redriven`: it is there, and its fate is written.
 * - `still dead`: its target did not take it.
 * - `held back`: an earlier one of its key is still dead.
 * - `not tried`: its target took nothing any more, or the redrive was stopped.
 */
export type RedriveResult = 'redriven' | 'still dead' | 'held back' | 'not tried'

export interface RedriveOutcome {
  readonly letter: DeadLetter
  /** `endpoint <name>` or `topic <name>`. */
  readonly to: string
  readonly result: RedriveResult
  /** Why it is still dead. */
  readonly error?: RelayError
}

export interface RedriveOptions {
  /** Of dead letters. */
  readonly topic: string
  readonly reader: TopicReader
  /** Of fates. */
  readonly writer: TopicWriter
  /** The target of a name of the plan. */
  readonly target: (name: string) => RedriveTarget
  /** Keys that are worked on at once. Default 16. */
  readonly concurrency?: number
  /** Records that are begun in a second at most. Default: no limit. */
  readonly perSecond?: number | undefined
  readonly onOutcome: (outcome: RedriveOutcome) => void
  /** Aborted: no further record is begun; those under way are waited for. */
  readonly signal?: AbortSignal | undefined
  readonly clock: Clock
  readonly random: Random
}

/** Values in memory at once, at up to 2 MiB each. */
const inHand = 32

/**
 * Puts dead letters back, those of a key and target one after the other in the order in which they were written, and writes the
 * fate of each as soon as it is there. Every letter has an outcome when this resolves.
 *
 * Where the process ends between the two writes, that one letter is still open, and the next redrive sends it once more, under
 * the same `webhook-id`.
 *
 * Rejects when the topic of dead letters cannot be read any more, or a fate cannot be written; no further record was begun then,
 * those under way have ended, and the message names those that the next redrive sends once more.
 */
export async function redrive(planned: readonly PlannedLetter[], options: RedriveOptions): Promise<void> {
  const run = new Redrive(options)
  try {
    await readAndRun(planned, options, run)
  } catch (thrown) {
    throw run.explained(thrown)
  }
}

async function readAndRun(
  planned: readonly PlannedLetter[],
  options: RedriveOptions,
  run: Redrive,
): Promise<void> {
  const open = new Map(planned.map((one) => [idText(one.letter.id), one]))
  const runs = new KeyedRuns({ concurrency: options.concurrency ?? 16, inHand })
  try {
    await options.reader.read(
      spanOf(options.topic, planned),
      async (record) => {
        const id = idText(record)
        const one = open.get(id)
        if (one === undefined) return
        open.delete(id)
        await runs.add(laneOf(one, record), (held) => run.one(one, record, held))
      },
      options.signal,
    )
  } catch (thrown) {
    await runs.drained()
    if (options.signal?.aborted !== true) throw thrown
  }
  await runs.drained()
  // Stopped before they were read again, or deleted since.
  for (const one of open.values()) run.tell(one, 'not tried')
}

/** From the first to the last letter of each partition. */
function spanOf(topic: string, planned: readonly PlannedLetter[]): TopicSpan {
  const partitions = new Map<number, { from: bigint; to: bigint }>()
  for (const { letter } of planned) {
    const { partition, offset } = letter.id
    const span = partitions.get(partition)
    const from = span === undefined || offset < span.from ? offset : span.from
    const to = span === undefined || offset >= span.to ? offset + 1n : span.to
    partitions.set(partition, { from, to })
  }
  return { topic, partitions }
}

/** Records without a key are in no order. */
function laneOf({ letter, name }: PlannedLetter, { key }: ConsumedRecord): string {
  return key === null ? `${name} ${idText(letter.id)}` : `${name} key ${key.toString('latin1')}`
}

class Redrive {
  readonly #options: RedriveOptions
  readonly #rate: RequestRate | undefined
  readonly #patience = new Map<string, Patience>()
  /** Sent, and not known to be written down. */
  readonly #fateless: string[] = []

  constructor(options: RedriveOptions) {
    this.#options = options
    const { perSecond, clock } = options
    this.#rate = perSecond === undefined ? undefined : new RequestRate(perSecond, clock)
  }

  tell({ letter, name }: PlannedLetter, result: RedriveResult, error?: RelayError): void {
    const to = this.#options.target(name).name
    this.#options.onOutcome({ letter, to, result, ...(error === undefined ? {} : { error }) })
  }

  /** @returns whether later ones of its key may follow */
  async one(planned: PlannedLetter, record: ConsumedRecord, held: boolean): Promise<boolean> {
    const { name, letter } = planned
    const patience = this.#patienceWith(name)
    if (!held && !patience.over) await this.#turn()
    if (patience.over || this.#fateless.length > 0 || this.#options.signal?.aborted === true) {
      this.tell(planned, 'not tried')
      return false
    }
    if (held) {
      this.tell(planned, 'held back')
      return false
    }
    const target = this.#options.target(name)
    try {
      await withAttempts((attempt) => target.send(letter, record, attempt), this.#options)
    } catch (error) {
      if (!isRelayError(error)) throw error
      patience.failed(error)
      this.tell(planned, 'still dead', error)
      return false
    }
    patience.succeeded()
    await this.#writeFate(letter, target.name, record.key)
    this.tell(planned, 'redriven')
    return true
  }

  async #writeFate(letter: DeadLetter, to: string, key: Buffer | null): Promise<void> {
    const { topic, writer, clock, random } = this.#options
    const fate = fateRecord(topic, { letter: letter.id, to, at: clock.now() }, key)
    try {
      // Also after a stop: without its fate it would be sent again.
      await withAttempts(() => writer.write(fate), { clock, random })
    } catch (thrown) {
      this.#fateless.push(idText(letter.id))
      throw thrown
    }
  }

  /** The error with which it ends, and what that means for the next redrive. */
  explained(thrown: unknown): unknown {
    if (!isRelayError(thrown) || this.#fateless.length === 0) return thrown
    const ids = this.#fateless.join(', ')
    return new RelayError(
      thrown.code,
      `redriven, but that could not be written down: ${ids}. The next redrive sends that again. ${thrown.message}`,
      { cause: thrown, facts: { ...thrown.facts, letters: [...this.#fateless] } },
    )
  }

  async #turn(): Promise<void> {
    const { clock, signal } = this.#options
    if (this.#rate === undefined) return
    while (this.#rate.waitMs > 0 && signal?.aborted !== true) {
      await sleep(clock, this.#rate.waitMs, signal).catch(() => {})
    }
    this.#rate.take()
  }

  #patienceWith(name: string): Patience {
    const patience = this.#patience.get(name) ?? new Patience()
    this.#patience.set(name, patience)
    return patience
  }
}
