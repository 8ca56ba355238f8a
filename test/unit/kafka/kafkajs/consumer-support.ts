import kafkajs from 'kafkajs'
import type { BatchHandler, HeldPartition, RecordBatch } from '../../../../src/kafka/consumer-port.ts'
import type { KafkaClient } from '../../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../../src/kafka/kafkajs/consumer.ts'
import type { GroupHooks } from '../../../../src/kafka/kafkajs/consumer-hooks.ts'
import { ManualClock, settle } from '../../../support/manual-clock.ts'
import { RecordingTelemetry } from '../../topic-bridge/bridge-support.ts'

type Listener = (event: { payload: Record<string, unknown> }) => void

/** What kafkajs's consumer does as far as the adapter sees it; the test plays the broker. */
export class FakeConsumer {
  readonly events = { CRASH: 'crash', GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', REQUEST: 'request' }
  readonly committed: unknown[] = []
  readonly resolved: string[] = []
  /** What happened, in order. */
  readonly story: string[] = []
  readonly config: kafkajs.ConsumerConfig
  readonly hooks: GroupHooks
  subscribed: unknown
  runConfig: kafkajs.ConsumerRunConfig | undefined
  paused = 0
  disconnects = 0
  hangs = false
  connectError: Error | undefined
  beat: () => Promise<void> = async () => {}
  left = 0
  readonly group = {
    groupId: 'g',
    memberId: 'm' as string | null,
    generationId: null as number | null,
    coordinator: {
      heartbeat: async (): Promise<void> => {
        this.story.push('beat')
        await this.beat()
      },
    },
    assigners: [],
    leave: async (): Promise<void> => {
      this.left++
    },
  }
  readonly #listeners: [string, Listener][] = []

  constructor(config: kafkajs.ConsumerConfig) {
    this.config = config
    const [assigner = kafkajs.PartitionAssigners.roundRobin] = config.partitionAssigners ?? []
    const given = {
      cluster: {},
      groupId: 'g',
      logger: {},
    } as unknown as Parameters<kafkajs.PartitionAssigner>[0]
    this.hooks = (assigner(given) as unknown as { hooks: GroupHooks }).hooks
  }

  on(name: string, listener: Listener): void {
    this.#listeners.push([name, listener])
  }
  emit(name: 'crash' | 'join' | 'heartbeat' | 'request', payload: Record<string, unknown> = {}): void {
    for (const [known, listener] of this.#listeners) if (known === name) listener({ payload })
  }
  async connect(): Promise<void> {
    if (this.connectError !== undefined) throw this.connectError
  }
  async subscribe(what: unknown): Promise<void> {
    this.subscribed = what
  }
  async run(config: kafkajs.ConsumerRunConfig): Promise<void> {
    this.runConfig = config
  }
  async disconnect(): Promise<void> {
    this.disconnects++
    if (this.hangs) await new Promise(() => {})
  }

  /** A join as kafkajs makes it: everything is asked of the broker within `original`. */
  join(during: () => Promise<void> = async () => {}): Promise<void> {
    return this.hooks.join(this.group, async () => {
      this.story.push('join')
      await during()
      this.group.generationId = (this.group.generationId ?? 0) + 1
      this.emit('request', { apiName: 'SyncGroup', duration: 0 })
      this.emit('join', { memberAssignment: { events: [3] } })
    })
  }

  /** The answer to a heartbeat that took `duration` milliseconds. */
  hear(duration = 0): void {
    this.emit('request', { apiName: 'Heartbeat', duration })
    this.emit('heartbeat')
  }

  batch(): { topic: string; partition: number } {
    const messages = [
      {
        offset: '5',
        key: Buffer.from('a'),
        value: Buffer.from('x'),
        timestamp: '17',
        attributes: 0,
        headers: { h: Buffer.from('1'), twice: [Buffer.from('2'), '3'] },
      },
      { offset: '6', key: null, value: null, timestamp: '18', attributes: 0 },
    ]
    const batch = { topic: 'events', partition: 3, highWatermark: '20', messages, lastOffset: () => '9' }
    return batch
  }

  /** Fetches a batch; the second step hands it over. */
  async fetch(): Promise<() => Promise<void>> {
    const batches = await this.hooks.fetch(async () => [this.batch()])
    return async () => {
      for (const batch of batches) await this.#handOver(batch)
    }
  }

  async #handOver(batch: object): Promise<void> {
    const payload = {
      batch,
      resolveOffset: (offset: string) => this.resolved.push(offset),
      commitOffsetsIfNecessary: async (offsets: unknown) => this.committed.push(offsets),
      pause: () => {
        this.paused++
        return () => this.paused--
      },
    }
    await this.runConfig?.eachBatch?.(payload as unknown as kafkajs.EachBatchPayload)
  }
}

/** Keeps what it gets, and gives back when the test says so. */
class RecordingHandler implements BatchHandler {
  readonly taken: { readonly batch: RecordBatch; readonly held: HeldPartition }[] = []
  readonly givenBack: unknown[] = []
  holds = false
  #letGo: () => void = () => {}
  readonly #story: string[] | undefined

  constructor(story?: string[]) {
    this.#story = story
  }

  take(batch: RecordBatch, held: HeldPartition): void {
    this.taken.push({ batch, held })
  }

  async giveBack(withinMs: number, only?: { topic: string; partition: number }): Promise<void> {
    this.givenBack.push(only ?? withinMs)
    this.#story?.push('give back')
    if (!this.holds) return
    await new Promise<void>((resolve) => {
      this.#letGo = resolve
    })
  }

  letGo(): void {
    this.#letGo()
  }
}

export function setUp(prepare: (consumer: FakeConsumer) => void = () => {}) {
  const made: FakeConsumer[] = []
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const kafka = {
    consumer: (config: kafkajs.ConsumerConfig) => {
      const consumer = new FakeConsumer(config)
      prepare(consumer)
      made.push(consumer)
      return consumer
    },
  } as unknown as KafkaClient
  const consumer = new KafkaConsumer({
    kafka,
    groupId: 'g',
    topics: ['events'],
    clock,
    telemetry,
    random: () => 1,
  })
  const handler = new RecordingHandler()
  /** The one that lives. */
  const fake = (): FakeConsumer => {
    const last = made.at(-1)
    if (last === undefined) throw new Error('none was made')
    return last
  }
  /** Started and joined. */
  const joined = async (): Promise<FakeConsumer> => {
    consumer.start(handler).catch(() => {})
    await settle()
    await fake().join()
    return fake()
  }
  return { consumer, made, clock, telemetry, handler, fake, joined }
}
