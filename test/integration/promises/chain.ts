import type { TestContext } from 'node:test'
import type { CommittedOffset } from '../../../src/kafka/consumer-port.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { GatewayBed, type Settings } from '../gateway/gateway-bed.ts'
import { ServeProcess } from '../gateway/serve-process.ts'
import { BridgeProcess } from '../topic-bridge/bridge-process.ts'

type Endpoint = Readonly<Record<string, unknown>> & { readonly name: string; readonly url: string }

/** Variables of a process, beside those of the test. */
type Environment = Readonly<Record<string, string>>

/** The whole way of events: topics of a test's own on a real Kafka, gateways and bridges as processes that can be killed. */
export class Chain {
  readonly bed: GatewayBed
  readonly admin: KafkaAdmin
  readonly #t: TestContext
  readonly #stack: LocalStack
  readonly #stops: (stop: () => unknown) => void

  private constructor(t: TestContext, stack: LocalStack, settings: Settings) {
    this.#t = t
    this.#stack = stack
    this.#stops = stopsInReverse(t)
    this.bed = new GatewayBed(stack, settings)
    this.#stops(() => this.bed.remove())
    this.admin = new KafkaAdmin(createKafka({ brokers: stack.brokers }, noTelemetry))
    this.#stops(() => this.admin.close())
  }

  /** The topics are there when it resolves; all of it is gone when the test ends. */
  static async start(t: TestContext, settings: Settings = {}): Promise<Chain> {
    const stack = await startLocalStack()
    t.after(() => stack.stop())
    const chain = new Chain(t, stack, settings)
    await chain.bed.createTopics()
    return chain
  }

  /** The same topics and the same spool in another configuration. */
  with(settings: Settings): GatewayBed {
    const { events, deadLetters, rejected } = this.bed.config.topics
    const other = new GatewayBed(this.#stack, {
      ...settings,
      topics: { events, deadLetters, rejected },
      spool: { folder: this.bed.spoolFolder, ...settings.spool },
    })
    this.#stops(() => other.remove())
    return other
  }

  /** A gateway that listens. */
  async serve(bed: GatewayBed = this.bed, environment: Environment = {}): Promise<ServeProcess> {
    const gateway = new ServeProcess(bed.configFile, environment)
    this.#stops(() => gateway.kill())
    await gateway.listening()
    return gateway
  }

  /** @param more blocks of its configuration */
  bridge(
    endpoints: readonly Endpoint[],
    more: Readonly<Record<string, unknown>> = {},
    environment: Environment = {},
  ): BridgeProcess {
    const { events, deadLetters } = this.bed.config.topics
    const config = {
      kafka: { brokers: this.#stack.brokers },
      schemaRegistry: { url: this.#stack.schemaRegistryUrl },
      topics: { events, deadLetters },
      bridge: { group: events, endpoints },
      ...more,
    }
    return new BridgeProcess(this.#t, config, environment)
  }

  committed(endpoint: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    const { events } = this.bed.config.topics
    return this.admin.groupOffsets(`${events}.${endpoint}`, events)
  }

  /** Resolves when the endpoint's group has committed everything in the topic. */
  async caughtUp(endpoint: string): Promise<void> {
    let seen = ''
    await until(
      async () => {
        const committed = await this.committed(endpoint)
        const ends = await this.admin.latestOffsets(this.bed.config.topics.events)
        seen = [...ends].map(([partition, end]) => `${committed.get(partition)?.next} of ${end}`).join(', ')
        return [...ends].every(([partition, end]) => (committed.get(partition)?.next ?? 0n) >= end)
      },
      { ms: 60_000, what: () => `${endpoint} has committed ${seen}` },
    )
  }
}

/** Ids of events that lie in one repository each, round after round: `team/app-1#0`. */
export function idsOf(repositories: number, from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, round) =>
    Array.from({ length: repositories }, (__, app) => `team/app-${app}#${from + round}`),
  ).flat()
}

export function repositoryOfId(id: string): string {
  return id.slice(0, id.indexOf('#'))
}
