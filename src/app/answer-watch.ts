import { type Clock, within } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { AdminPort } from '../kafka/admin-port.ts'

/** Called once, with the addresses that were given, when an answer of Kafka has been waited for for 3 s. */
export type OnWait = (brokers: readonly string[]) => void

export interface AnswerWatchOptions {
  readonly brokers: readonly string[]
  readonly onWait: OnWait
  readonly takesConnections: (broker: string) => Promise<boolean>
  readonly clock: Clock
}

const noticeMs = 3_000
/** Two brokers of three may be silent for a whole request, of 8 s in a command, before the third one is asked. */
const answerMs = 20_000
/** Leaders of new topics are waited for up to 20 s, and twice where one broker hears of them late. */
const createMs = 60_000

/**
 * For commands that somebody waits for. A broker that takes connections and is silent, as a process that was stopped, is
 * tried again by the client for minutes, and nothing is said meanwhile.
 */
export class AnswerWatch {
  readonly #options: AnswerWatchOptions
  #told = false

  constructor(options: AnswerWatchOptions) {
    this.#options = options
  }

  /** Rejects as `asked` does, and with KAFKA_UNAVAILABLE after `ms`; what becomes of `asked` later is ignored. */
  async answer<T>(asked: Promise<T>, ms: number = answerMs): Promise<T> {
    const { clock } = this.#options
    const cancel = clock.after(noticeMs, () => this.#tell())
    try {
      if (await within(clock, ms, asked)) return await asked
    } finally {
      cancel()
    }
    throw new RelayError('KAFKA_UNAVAILABLE', await this.#silence())
  }

  /** The same cluster; a call that is not answered rejects. */
  watched(admin: AdminPort): AdminPort {
    return {
      describeTopics: (topics) => this.answer(admin.describeTopics(topics)),
      planTopics: (specs) => this.answer(admin.planTopics(specs)),
      ensureTopics: (specs) => this.answer(admin.ensureTopics(specs), createMs),
      partitionCount: (topic) => this.answer(admin.partitionCount(topic)),
      maxMessageBytes: (topic) => this.answer(admin.maxMessageBytes(topic)),
      latestOffsets: (topic) => this.answer(admin.latestOffsets(topic)),
      earliestOffsets: (topic) => this.answer(admin.earliestOffsets(topic)),
      offsetsAt: (topic, timestampMs) => this.answer(admin.offsetsAt(topic, timestampMs)),
      groupOffsets: (groupId, topic) => this.answer(admin.groupOffsets(groupId, topic)),
      presetOffsets: (groupId, topic, offsets) => this.answer(admin.presetOffsets(groupId, topic, offsets)),
      close: () => admin.close(),
    }
  }

  #tell(): void {
    if (!this.#told) this.#options.onWait(this.#options.brokers)
    this.#told = true
  }

  async #silence(): Promise<string> {
    const { brokers, takesConnections } = this.#options
    const taking = await Promise.all(brokers.map(takesConnections))
    const silent = brokers.filter((_, index) => taking[index] === true)
    const away = brokers.filter((_, index) => taking[index] !== true)
    const them = silent.join(', ')
    const parts = [
      ...(silent.length === 1
        ? [`${them} takes connections and does not answer, or a broker that it names does not`]
        : []),
      ...(silent.length > 1
        ? [`${them} take connections and do not answer, or a broker that they name does not`]
        : []),
      ...(away.length > 0 ? [`no connection to ${away.join(', ')}`] : []),
    ]
    return parts.join('; ')
  }
}
