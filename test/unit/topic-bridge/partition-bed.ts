import type { CommittedOffset, ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import { Committer } from '../../../src/topic-bridge/committer.ts'
import type { Outcome } from '../../../src/topic-bridge/delivered.ts'
import { deliveryRetry } from '../../../src/topic-bridge/delivery-retry.ts'
import { EndpointGate } from '../../../src/topic-bridge/endpoint-gate.ts'
import { type PartitionFacts, partitionStart } from '../../../src/topic-bridge/partition-facts.ts'
import { PartitionRun, type Window } from '../../../src/topic-bridge/partition-run.ts'
import type { ProcessSpans } from '../../../src/topic-bridge/process-span.ts'
import { RecordDelivery } from '../../../src/topic-bridge/record-delivery.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { decode, RecordingDeadLetters, RecordingTelemetry, ScriptedDeliverer } from './bridge-support.ts'
import { ScriptedConsumer, ScriptedPartition } from './scripted-consumer.ts'

export interface PartitionBedOptions {
  /** Offset of the first batch. Default 0. */
  readonly first?: bigint
  readonly committed?: CommittedOffset
  readonly facts?: PartitionFacts
  readonly window?: Window
  readonly stopBefore?: bigint
  readonly wants?: (record: ConsumedRecord) => boolean
  readonly gate?: EndpointGate
  readonly intervalMs?: number
  readonly spans?: ProcessSpans
}

/** One partition with all that it needs, but for the bridge around it. */
export function partitionBed(options: PartitionBedOptions = {}) {
  const {
    first = 0n,
    committed,
    facts,
    window = { records: 100, bytes: 10_000 },
    intervalMs = 1_000,
  } = options
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const deliverer = new ScriptedDeliverer()
  const deadLetters = new RecordingDeadLetters()
  const consumer = new ScriptedConsumer()
  const observer = new BridgeObserver(telemetry, clock, 'billing', 'relay.billing')
  const held = new ScriptedPartition(committed)
  const gate =
    options.gate ?? new EndpointGate({ endpoint: 'billing', concurrency: 8, clock, random: () => 0.5 })
  const outcomes: string[] = []
  const committer = new Committer({
    commit: (offsets) => consumer.commit(offsets),
    intervalMs,
    clock,
    observer,
  })
  const parts = {
    decoder: { decode },
    deliverer,
    deadLetters,
    retry: deliveryRetry({ firstMs: 100, maxMs: 1_000 }),
    spans: options.spans,
    unknownSchemaMs: 900_000,
    wants: undefined,
    profile: undefined,
    clock,
    random: () => 0.5,
    observer,
    onDelivered: undefined,
  }
  const run = new PartitionRun(
    { topic: 'events', partition: 0 },
    held,
    partitionStart(committed, first, facts),
    {
      gate,
      clock,
      observer,
      window,
      stopBefore: options.stopBefore,
      wants: options.wants ?? (() => true),
      job: (place, mayBegin, onOutcome) => new RecordDelivery(place, parts, mayBegin, onOutcome),
      onOutcome: (outcome: Outcome, { offset }) => outcomes.push(`${offset} ${outcome}`),
      onProgress: (one) => committer.changed(one),
    },
  )
  /** As the bridge does it; `over` when it is done. */
  const giveBack = (withinMs = 30_000) => {
    const state: { over: boolean; facts: PartitionFacts | undefined } = { over: false, facts: undefined }
    const ended = (async () => {
      await run.drain(5_000, withinMs - 1_000)
      await committer.flush([run])
      committer.forget(run)
      state.facts = run.end()
      state.over = true
    })()
    return { state, ended }
  }
  const metric = (name: string): number | undefined => telemetry.values.get(`registry_relay_bridge_${name}`)
  return { run, giveBack, clock, telemetry, metric, deliverer, deadLetters, consumer, held, gate, outcomes }
}
