import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { TlsOptions } from 'node:tls'
import type { BridgeEndpointOptions } from '../../../src/app/open-endpoint.ts'
import { type OpenTopicBridge, openTopicBridge } from '../../../src/app/open-topic-bridge.ts'
import type { Delivered } from '../../../src/topic-bridge/delivered.ts'
import { type Answer, type RawReceiver, type RawRequest, rawReceiver } from '../../support/raw-receiver.ts'
import { type RawRecord, readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../../unit/topic-bridge/bridge-support.ts'
import type { BridgeBed } from './bridge-bed.ts'

/** A topic of the test, and where its dead letters go. */
export interface Where {
  readonly topic: string
  readonly deadLetterTopic: string
}

/** One request as the endpoint got it. */
export interface Asked {
  readonly id: string
  readonly attempt: number
  readonly partition: number
  readonly offset: number
}

export interface FaultRunOptions {
  readonly bed: BridgeBed
  readonly answer: Answer
  /** Of the endpoint's server: it speaks https then. */
  readonly tls?: TlsOptions
  /** One that holds its events already. Default: a new one, with those of `repositories`. */
  readonly where?: Where
  /** Default 1. */
  readonly partitions?: number
  /** Each gets {@link FaultRunOptions.each} events. Default: none. */
  readonly repositories?: readonly string[]
  /** Default 3. */
  readonly each?: number
  /** Over what all endpoints of these tests have; told where the receiver listens. */
  readonly endpoint?: (url: string) => Partial<BridgeEndpointOptions>
  readonly unknownSchemaMs?: number
}

/** Waits of a test: what is tried again is tried soon. */
const soon = {
  retry: { firstMs: 10, maxMs: 100, slowMs: 200 },
  breaker: { openMs: 50, maxOpenMs: 200 },
  timeoutMs: 5_000,
  bodyTimeoutMs: 300,
}

/** A bridge as it is in production, a real Kafka before it, and an endpoint behind it that is told each byte it answers. */
export class FaultRun {
  readonly bed: BridgeBed
  readonly where: Where
  readonly receiver: RawReceiver
  readonly telemetry = new RecordingTelemetry()
  readonly delivered: Delivered[] = []
  readonly bridge: OpenTopicBridge
  readonly #each: number
  readonly #repositories: readonly string[]

  private constructor(options: FaultRunOptions, where: Where, receiver: RawReceiver) {
    const { bed, repositories = [], each = 3, endpoint, unknownSchemaMs } = options
    this.bed = bed
    this.where = where
    this.receiver = receiver
    this.#each = each
    this.#repositories = repositories
    this.bridge = openTopicBridge({
      kafka: { brokers: bed.stack.brokers },
      schemaRegistry: { url: bed.stack.schemaRegistryUrl },
      ...where,
      group: where.topic,
      endpoint: { name: 'hook', url: receiver.url, ...soon, ...endpoint?.(receiver.url) },
      ...(unknownSchemaMs === undefined ? {} : { unknownSchemaMs }),
      onDelivered: (one) => this.delivered.push(one),
      telemetry: this.telemetry,
    })
  }

  /** Resolves when the events are in the topic and the bridge has joined its group. Stopped with the test. */
  static async start(t: TestContext, options: FaultRunOptions): Promise<FaultRun> {
    const { bed, repositories = [], each = 3, partitions = 1 } = options
    const where = options.where ?? (await bed.topic(partitions))
    if (options.where === undefined && repositories.length > 0)
      await bed.produce(where.topic, repositories, each)
    const receiver = await rawReceiver(t, options.answer, options.tls)
    const run = new FaultRun(options, where, receiver)
    t.after(() => run.bridge.close())
    await run.bridge.start()
    return run
  }

  get asked(): readonly Asked[] {
    return this.receiver.requests.map(askedBy)
  }

  /** Resolves when every record of the topic has its outcome, and the group has committed that. */
  async ended(): Promise<void> {
    await until(() => caughtUp(this.bed, this.where.topic, this.bridge.groupId), {
      ms: 60_000,
      what: () => `${this.delivered.length} delivered, ${this.receiver.requests.length} requests`,
    })
  }

  /** How often it was tried again for that reason, as the metrics say. */
  retriesFor(reason: string): number {
    return this.telemetry.values.get(`registry_relay_bridge_retries_total hook deliver ${reason}`) ?? 0
  }

  deadLetters(): Promise<readonly RawRecord[]> {
    return readRecords(this.bed.stack.brokers, this.where.deadLetterTopic)
  }

  /**
   * Every event was delivered once, and none is a dead letter. No event of a repository was ever posted before the one
   * before it was delivered, however often either was posted.
   */
  async assertAllDelivered(): Promise<void> {
    const ids = this.#repositories.flatMap((repository) =>
      Array.from({ length: this.#each }, (_, sequence) => `${repository}#${sequence}`),
    )
    assert.deepEqual(this.delivered.map(({ event }) => event.id).toSorted(), ids.toSorted())
    assertInOrder(this.asked)
    assert.deepEqual(await this.deadLetters(), [])
  }
}

/** Of each repository no event was posted after a later one. */
export function assertInOrder(asked: readonly Asked[]): void {
  const last = new Map<string, number>()
  for (const { id, partition, offset } of asked) {
    const lane = `${id.slice(0, id.lastIndexOf('#'))} ${partition}`
    assert.ok(offset >= (last.get(lane) ?? -1), `${id} after offset ${last.get(lane)}`)
    last.set(lane, offset)
  }
}

export function askedBy(request: RawRequest): Asked {
  const place = /-(\d+)@(\d+)$/.exec(headerOf(request, 'registry-relay-record'))
  return {
    id: headerOf(request, 'webhook-id'),
    attempt: Number(headerOf(request, 'registry-relay-attempt')),
    partition: Number(place?.[1]),
    offset: Number(place?.[2]),
  }
}

export function headerOf({ headers }: Pick<RawRequest, 'headers'>, name: string): string {
  return headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
}

export function repositoryOf(request: RawRequest): string {
  const { id } = askedBy(request)
  return id.slice(0, id.lastIndexOf('#'))
}

/** The first attempt for each event gets `fault`, every further one `then`. */
export function atFirst(fault: Answer, then: Answer): Answer {
  return (socket, request) => (askedBy(request).attempt === 1 ? fault : then)(socket, request)
}

/** For each repository the answers of its own; the names of the repositories are the keys. */
export function byRepository(answers: Readonly<Record<string, Answer>>): Answer {
  return (socket, request) => answers[repositoryOf(request)]?.(socket, request)
}

/** True when a group has committed everything there is in a topic. */
export function caughtUp(bed: BridgeBed, topic: string, groupId: string): Promise<boolean> {
  // Tests that ask at once make the client forget their topics for a moment, and then it throws.
  return hasCommitted(bed, topic, groupId).catch(() => false)
}

async function hasCommitted(bed: BridgeBed, topic: string, groupId: string): Promise<boolean> {
  const [answer] = await bed.admin.fetchOffsets({ groupId, topics: [topic] })
  const committed = new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
  return [...(await bed.ends(topic))].every(
    ([partition, end]) => end === 0 || committed.get(partition) === end,
  )
}
