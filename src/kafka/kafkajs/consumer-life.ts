import type kafkajs from 'kafkajs'
import type { Cancel, Clock } from '../../clock.ts'
import type { ConsumerGroup } from './consumer-hooks.ts'
import type { KafkaConsumerSettings } from './consumer-settings.ts'

/** The group's clock and ours do not start a session in the same instant: so much of it is left out of account. */
const leaseMarginMs = 1_000

/**
 * When the group has last heard of a member. Counted from when a request was sent, not from its answer: a process
 * that was stopped finds the answer of long ago in its socket when it wakes.
 */
export class ConsumerLife {
  readonly #clock: Clock
  readonly #settings: Required<KafkaConsumerSettings>
  #heardAt: number
  #sentAt = 0

  constructor(clock: Clock, settings: Required<KafkaConsumerSettings>) {
    this.#clock = clock
    this.#settings = settings
    this.#heardAt = clock.monotonic()
  }

  /** Listens to what kafkajs sends by itself. */
  follow(consumer: kafkajs.Consumer): void {
    const { GROUP_JOIN, HEARTBEAT, REQUEST } = consumer.events
    // Comes just before the event that the answer leads to.
    consumer.on(REQUEST, ({ payload }) => {
      if (payload.apiName !== 'Heartbeat' && payload.apiName !== 'SyncGroup') return
      this.#sentAt = this.#clock.monotonic() - Math.max(0, payload.duration)
    })
    consumer.on(HEARTBEAT, () => this.#heard(this.#sentAt))
    consumer.on(GROUP_JOIN, () => this.#heard(this.#sentAt))
  }

  get silentMs(): number {
    return this.#clock.monotonic() - this.#heardAt
  }

  /** The group cannot have given this member's partitions away. */
  get leased(): boolean {
    const { sessionTimeoutMs } = this.#settings
    return this.silentMs < sessionTimeoutMs - Math.min(leaseMarginMs, sessionTimeoutMs / 4)
  }

  /**
   * Heartbeats until `done`, or for `withinMs`. kafkajs does so only from its fetch loop.
   * @param onFenced the group has thrown the member out
   */
  async beatUntil(
    done: Promise<unknown>,
    withinMs: number,
    group: ConsumerGroup | undefined,
    onFenced: () => void,
  ): Promise<void> {
    const until = this.#clock.monotonic() + withinMs
    let going = true
    const ended = done
      .catch(() => {})
      .finally(() => {
        going = false
      })
    while (going && this.#clock.monotonic() < until) {
      let cancel: Cancel = () => {}
      const pause = new Promise<void>((resolve) => {
        cancel = this.#clock.after(this.#settings.heartbeatIntervalMs, resolve)
      })
      await Promise.race([ended, pause])
      cancel()
      if (going) await Promise.race([ended, this.beat(group, onFenced)])
    }
  }

  /** One heartbeat. Never rejects; without a membership it does nothing. */
  async beat(group: ConsumerGroup | undefined, onFenced: () => void): Promise<void> {
    const { groupId, memberId, generationId, coordinator } = group ?? {}
    if (!groupId || !memberId || typeof generationId !== 'number' || !coordinator) return
    const sentAt = this.#clock.monotonic()
    try {
      await coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId })
      this.#heard(sentAt)
    } catch (thrown) {
      const { type } = thrown as { type?: unknown }
      // Heard, and told that the group waits for this member.
      if (type === 'REBALANCE_IN_PROGRESS') this.#heard(sentAt)
      if (meansFenced(type)) onFenced()
    }
  }

  #heard(at: number): void {
    this.#heardAt = Math.max(this.#heardAt, at)
  }
}

/** By the name of an answer of the group: it counts this member no more, or not under its generation. */
export function meansFenced(type: unknown): boolean {
  return type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION'
}
