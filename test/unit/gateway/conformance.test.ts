import { test } from 'node:test'
import { DuplicateFilter } from '../../../src/gateway/duplicate-filter.ts'
import { DuplicateWindow } from '../../../src/gateway/duplicate-window.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { decodeItems } from '../../../src/gateway/item-codec.ts'
import { KafkaRoute } from '../../../src/gateway/kafka-route.ts'
import { createOversize } from '../../../src/gateway/oversize.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { SpoolSink } from '../../../src/gateway/spool-sink.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import type { HeldUpSink } from '../../../src/testing/conformance/terms.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { sinkConformance } from '../../../src/testing/sink-conformance.ts'
import { eventItem } from './items.ts'

interface Under {
  readonly sink: Sink<GatewayItem>
  readonly end: { readonly closed: boolean; hold(): () => void }
  readonly clock: ManualClock
  readonly received: () => readonly number[]
  readonly ownsEnd: boolean
}

const numberOf = (item: GatewayItem): number => ('id' in item ? Number(item.id) : Number.NaN)

function filter(): Under {
  const clock = new ManualClock()
  const end = new RecordingSink<GatewayItem>({ clock })
  const window = new DuplicateWindow({ maxEvents: 1_000, maxAgeMs: 60_000, clock })
  const sink = new DuplicateFilter({ inner: end, window, metrics: noTelemetry.metrics })
  return { sink, end, clock, received: () => end.items.map(numberOf), ownsEnd: true }
}

function spoolSink(): Under {
  const clock = new ManualClock()
  const end = new RecordingSink<Buffer>({ clock })
  const append = async (content: Buffer): Promise<void> => {
    await end.write([content])
  }
  const received = (): readonly number[] => end.items.flatMap((content) => decodeItems(content).map(numberOf))
  return { sink: new SpoolSink({ append }, { clock }), end, clock, received, ownsEnd: false }
}

function route(): Under {
  const clock = new ManualClock()
  const end = new RecordingSink<{ readonly datum: Buffer }>({ clock })
  const sink = new KafkaRoute({
    events: end,
    rejected: new RecordingSink({ clock }),
    quarantine: createQuarantine(),
    oversize: createOversize(),
  })
  return { sink, end, clock, received: () => end.items.map(({ datum }) => Number(datum)), ownsEnd: true }
}

for (const [name, make] of [
  ['DuplicateFilter', filter],
  ['SpoolSink', spoolSink],
  ['KafkaRoute', route],
] as const) {
  const createHeldUp = (): HeldUpSink<GatewayItem> => {
    const { sink, end, clock, received, ownsEnd } = make()
    const release = end.hold()
    return {
      sink,
      received,
      release,
      ...(ownsEnd ? { innerClosed: () => end.closed } : {}),
      pass: (ms) => clock.advance(ms),
    }
  }
  const create = (): HeldUpSink<GatewayItem> => {
    const made = createHeldUp()
    made.release()
    return made
  }
  for (const check of sinkConformance({ create, createHeldUp, item: (n) => eventItem(String(n)) })) {
    test(`${name}: ${check.name}`, check.run)
  }
}
