import { setTimeout as pause } from 'node:timers/promises'
import type kafkajs from 'kafkajs'
import type { Sample } from './history.ts'
import { machineTime } from './machine-time.ts'

const gapMs = 150

/** Asks all the time what the group has committed. */
export class OffsetSamples {
  readonly samples: Sample[] = []
  readonly #admin: kafkajs.Admin
  readonly #groupId: string
  readonly #topic: string
  readonly #newest = new Map<number, number>()
  readonly #loop: Promise<void>
  #stopped = false

  constructor(admin: kafkajs.Admin, groupId: string, topic: string) {
    this.#admin = admin
    this.#groupId = groupId
    this.#topic = topic
    this.#loop = this.#run()
  }

  /** By partition. */
  get newest(): ReadonlyMap<number, number> {
    return this.#newest
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // A coordinator that is busy with a join may be slow to answer; the next answer will do.
      const answer = await this.#admin
        .fetchOffsets({ groupId: this.#groupId, topics: [this.#topic] })
        .catch(() => [])
      const at = machineTime()
      for (const { partition, offset } of answer[0]?.partitions ?? []) {
        const next = Number(offset)
        if (next < 0) continue
        // The first time that it was seen is the strictest.
        if (this.#newest.get(partition) !== next) this.samples.push({ at, partition, next })
        this.#newest.set(partition, next)
      }
      await pause(gapMs)
    }
  }
}
