import type { TopicPartition } from '../../../src/kafka/consumer-port.ts'
import { TopicBridge, type TopicBridgeOptions } from '../../../src/topic-bridge/topic-bridge.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import {
  batchOf,
  decode,
  RecordingDeadLetters,
  RecordingTelemetry,
  record,
  ScriptedDeliverer,
} from './bridge-support.ts'
import { ScriptedConsumer, type ScriptedPartition } from './scripted-consumer.ts'

/** A bridge whose consumer hands over what the test says. */
export function bridgeBed(
  given: Partial<TopicBridgeOptions> = {},
  clock = new ManualClock(),
  consumer = new ScriptedConsumer(),
) {
  const deliverer = new ScriptedDeliverer()
  const deadLetters = new RecordingDeadLetters()
  const telemetry = new RecordingTelemetry()
  const groups: string[] = []
  const outcomes: string[] = []
  const bridge = new TopicBridge({
    endpoint: 'billing',
    consumer: (groupId) => {
      groups.push(groupId)
      return consumer
    },
    decoder: { decode },
    deliverer,
    deadLetters,
    clock,
    telemetry,
    random: () => 0.5,
    onOutcome: (outcome, { offset }) => outcomes.push(`${offset} ${outcome}`),
    ...given,
  })
  /** Hands over records of these keys, beginning at `first`. */
  const take = (held: ScriptedPartition, first: bigint, keys: string, partition = 0): void => {
    const records = [...keys].map((key, n) => record(first + BigInt(n), key, undefined, {}, partition))
    consumer.handler?.take(batchOf(records), held)
  }
  const giveBack = async (withinMs = 30_000, only?: TopicPartition): Promise<void> => {
    const given = consumer.handler?.giveBack(withinMs, only)
    await clock.advance(withinMs)
    await given
  }
  const metric = (name: string): number | undefined => telemetry.values.get(`registry_relay_${name}`)
  return {
    bridge,
    consumer,
    deliverer,
    deadLetters,
    telemetry,
    metric,
    clock,
    groups,
    outcomes,
    take,
    giveBack,
  }
}
