import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import type { ReplayEnd, ReplayState } from '../../../src/operations/replay.ts'
import { runReplay } from '../../../src/operations/replay.ts'
import type { ReplayPlan } from '../../../src/operations/replay-plan.ts'
import { beginReplay, prepareReplay } from '../../../src/operations/replay-prepare.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { EndpointGate } from '../../../src/topic-bridge/endpoint-gate.ts'
import { TopicBridge } from '../../../src/topic-bridge/topic-bridge.ts'

export interface ReplayRun {
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
  /** Of the bridge; its live endpoint is `hook`. */
  readonly group: string
  readonly id: string
  readonly topic: string
  readonly url: string
  readonly plan: ReplayPlan | undefined
  readonly maxPerSecond?: number
  readonly concurrency?: number
  /** That the rate goes by. */
  readonly gateClock?: Clock
}

/** A replay from the first question to its end, with a bridge as the relay makes it. Throws the reason of a refusal. */
export async function replayOnce(
  run: ReplayRun,
  signal: AbortSignal = new AbortController().signal,
  onProgress: (state: ReplayState) => void = () => {},
): Promise<ReplayEnd & { readonly consumerGroup: string }> {
  const kafka = createKafka({ brokers: run.brokers }, noTelemetry)
  const registry = new SchemaRegistryClient({ url: run.schemaRegistryUrl })
  const admin = new KafkaAdmin(kafka)
  try {
    const preparation = await prepareReplay(
      {
        id: run.id,
        bridgeGroup: run.group,
        liveGroups: [`${run.group}.hook`],
        topics: [run.topic],
        asked: run.plan ?? {},
        plan: run.plan ?? 'no replay of that id was begun',
      },
      admin,
    )
    if (preparation.kind === 'refused') throw new Error(preparation.reason)
    const { replay } = preparation
    await beginReplay(replay, admin)
    const { id, url, maxPerSecond, concurrency = 64, gateClock: clock = systemClock } = run
    const end = await runReplay({
      replay,
      admin,
      clock: systemClock,
      signal,
      onProgress,
      openBridge: ({ topic, id: endpoint, wants, ...options }) =>
        new TopicBridge({
          ...options,
          ...(wants === undefined ? {} : { wants }),
          endpoint,
          consumer: (groupId) =>
            new KafkaConsumer({
              kafka,
              groupId,
              topics: [topic],
              telemetry: noTelemetry,
              sessionTimeoutMs: 6_000,
              heartbeatIntervalMs: 300,
            }),
          decoder: new EventDecoder({ registry }),
          deliverer: new HttpDelivery({ url }),
          gate: new EndpointGate({ endpoint: id, maxPerSecond, concurrency, clock }),
          retry: { firstMs: 20, maxMs: 200 },
        }),
    })
    return { ...end, consumerGroup: replay.consumerGroup }
  } finally {
    await admin.close()
    registry.close()
  }
}
