import { setTimeout as pause } from 'node:timers/promises'
import type kafkajs from 'kafkajs'
import { proveEvent } from '../../../src/avro/proof.ts'
import { frame } from '../../../src/avro/wire-format.ts'
import type { Random } from '../../../src/clock.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { mediaTypeOf, type Profile } from '../../../src/event/profile.ts'
import { envelopeHash, eventOf } from '../../crash/generated-event.ts'
import type { PlacedEvent } from './history.ts'
import { machineTime } from './machine-time.ts'

export interface TopicLoadOptions {
  /** Idempotent, or its repeats would look like those of the bridge. */
  readonly producer: kafkajs.Producer
  readonly topic: string
  readonly partitions: number
  readonly schemaId: number
  readonly run: string
  readonly random: Random
  readonly repositories: number
  /** At least; written until {@link TopicLoad.finish}. */
  readonly events: number
  readonly eventsPerSecond: number
  /** Events that have no outcome yet; above those of ten seconds nothing is written: a machine that is slow just now would do nothing else. */
  readonly waiting: () => number
}

const profile: Profile = 'distribution-3'
const tickMs = 100
/** What is written at once when nothing has to be waited for. */
const batchOf = 500

/** Writes events of random repositories into the topic, and keeps where each of them lies. */
export class TopicLoad {
  readonly events: PlacedEvent[] = []
  /** Rejects when the topic takes nothing. */
  readonly done: Promise<void>
  readonly #options: TopicLoadOptions
  readonly #numbers = new Map<number, number>()
  #finishing = false

  constructor(options: TopicLoadOptions) {
    this.#options = options
    this.done = this.#write()
  }

  /** What is left of the events is written as fast as it is delivered, and nothing above. */
  finish(): void {
    this.#finishing = true
  }

  async #write(): Promise<void> {
    const { events, eventsPerSecond, waiting } = this.#options
    let lookedAt = machineTime()
    let due = 0
    for (;;) {
      const left = events - this.events.length
      if (this.#finishing && left <= 0) return
      const now = machineTime()
      due += ((now - lookedAt) * eventsPerSecond) / 1_000
      lookedAt = now
      if (waiting() < eventsPerSecond * 10) {
        const count = Math.min(this.#finishing ? left : Math.floor(due), batchOf)
        if (count > 0) await this.#writeBatch(count)
        due %= 1
      }
      await pause(tickMs)
    }
  }

  async #writeBatch(count: number): Promise<void> {
    const { producer, topic, random } = this.#options
    const made = Array.from({ length: count }, () => this.#next(random))
    const messages = made.map(({ message }) => message)
    const written = await producer.send({ topic, acks: -1, messages })
    const offsets = new Map(written.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
    for (const { event, partition } of made) {
      const offset = offsets.get(partition)
      if (offset === undefined) throw new Error(`no offset was told for partition ${partition}`)
      offsets.set(partition, offset + 1)
      this.events.push({ ...event, partition, offset })
    }
  }

  #next(random: Random): {
    readonly event: Omit<PlacedEvent, 'partition' | 'offset'>
    readonly partition: number
    readonly message: kafkajs.Message
  } {
    const { run, schemaId, partitions, repositories } = this.#options
    const index = Math.floor(random() * repositories)
    const number = this.#numbers.get(index) ?? 0
    this.#numbers.set(index, number + 1)
    const [sender, repository, partition] = [`team-${index}`, `team-${index}/app`, index % partitions]
    const event = eventOf({ run, sender, profile, repository, number }, random)
    const envelopeText = encodeEnvelope([event], profile)
    const value = frame(schemaId, proveEvent({ event, envelopeText }, mediaTypeOf(profile)).datum)
    return {
      event: { id: String(event.id), repository, number, hash: envelopeHash(envelopeText) },
      partition,
      message: { key: repository, value, partition },
    }
  }
}
