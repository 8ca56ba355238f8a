import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import type { Outcome } from '../../../src/topic-bridge/delivered.ts'
import { type DeliveryRetry, deliveryRetry } from '../../../src/topic-bridge/delivery-retry.ts'
import { type DeliveryParts, RecordDelivery } from '../../../src/topic-bridge/record-delivery.ts'
import type { RecordHistory } from '../../../src/topic-bridge/record-history.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import {
  decode,
  RecordingDeadLetters,
  RecordingPass,
  RecordingTelemetry,
  ScriptedDeliverer,
} from './bridge-support.ts'

export interface DeliveryBedOptions extends Partial<Omit<DeliveryParts, 'retry' | 'decoder'>> {
  readonly retry?: DeliveryRetry
  readonly decode?: DeliveryParts['decoder']['decode']
  readonly history?: RecordHistory
}

/** One delivery, with all that it needs; half of every jitter. */
export function deliveryBed(given: ConsumedRecord, options: DeliveryBedOptions = {}) {
  const {
    retry = {},
    decode: decodeWith = decode,
    history = { attempts: 0, failures: 0 },
    ...parts
  } = options
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const deliverer = new ScriptedDeliverer()
  const deadLetters = new RecordingDeadLetters()
  const pass = new RecordingPass()
  const outcomes: Outcome[] = []
  const lease = { held: true }
  const delivery = new RecordDelivery(
    { record: given, lane: 'lane', history },
    {
      decoder: { decode: decodeWith },
      deliverer,
      deadLetters,
      retry: deliveryRetry({ firstMs: 100, maxMs: 1_000, ...retry }),
      unknownSchemaMs: 900_000,
      wants: undefined,
      profile: undefined,
      clock,
      random: () => 0.5,
      observer: new BridgeObserver(telemetry, clock, 'billing', 'relay.billing'),
      onDelivered: undefined,
      ...parts,
    },
    () => lease.held,
    (outcome) => outcomes.push(outcome),
  )
  const attempt = (signal = new AbortController().signal) => delivery.attempt(signal, pass)
  return { attempt, delivery, deliverer, deadLetters, telemetry, clock, pass, outcomes, lease, history }
}
