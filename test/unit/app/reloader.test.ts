import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planGatewayReload } from '../../../src/app/reload-plan.ts'
import { Reloader } from '../../../src/app/reloader.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { RelayError } from '../../../src/errors.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

function configOf(gateway: Readonly<Record<string, unknown>>, level = 'info'): Config {
  return configSchema.parse({
    kafka: { brokers: 'h:1' },
    schemaRegistry: { url: 'http://h/' },
    gateway,
    logging: { level },
  })
}

interface Bed {
  readonly reloader: Reloader
  readonly telemetry: CountedTelemetry
  readonly clock: ManualClock
  /** What happened to the service, in order. */
  readonly seen: string[]
  next: () => Config
  prepared: () => void
  applied: () => Promise<void>
}

function bedFor(): Bed {
  const telemetry = new CountedTelemetry()
  const clock = new ManualClock()
  const seen: string[] = []
  const config = configOf({ ackBudgetMs: 100 })
  const bed: Bed = {
    telemetry,
    clock,
    seen,
    next: () => config,
    prepared: () => {},
    applied: async () => {},
    reloader: new Reloader({
      load: () => bed.next(),
      config,
      plan: planGatewayReload,
      service: {
        prepare({ gateway }) {
          bed.prepared()
          return async () => {
            seen.push(`begins ${gateway.ackBudgetMs}`)
            await bed.applied()
            seen.push(`ends ${gateway.ackBudgetMs}`)
          }
        },
      },
      setLogLevel: (level) => seen.push(`level ${level}`),
      telemetry,
      clock,
    }),
  }
  return bed
}

const count = ({ telemetry }: Bed, outcome: string) =>
  telemetry.values.get(`registry_relay_config_reloads_total ${outcome}`)
const successful = ({ telemetry }: Bed) =>
  telemetry.values.get('registry_relay_config_last_reload_successful')
const succeededAt = ({ telemetry }: Bed) =>
  telemetry.values.get('registry_relay_config_last_reload_success_timestamp_seconds')

test('what changed is applied, counted and named without its values', async () => {
  const bed = bedFor()
  const startedAt = succeededAt(bed) ?? Number.NaN
  assert.deepEqual([count(bed, 'applied'), count(bed, 'refused'), successful(bed)], [0, 0, 1])
  await bed.clock.advance(5_000)
  bed.next = () => configOf({ ackBudgetMs: 200, port: 9 }, 'debug')
  await bed.reloader.reload()
  assert.deepEqual(bed.seen, ['begins 200', 'ends 200', 'level debug'])
  assert.deepEqual(
    bed.telemetry.lines.map(({ level, facts }) => [level, facts]),
    [
      ['info', { changes: ['logging.level', 'gateway.ackBudgetMs'] }],
      ['warn', { restart: ['gateway.port'] }],
    ],
  )
  assert.deepEqual([count(bed, 'applied'), succeededAt(bed)], [1, startedAt + 5])
  await bed.reloader.reload()
  assert.deepEqual([count(bed, 'applied'), count(bed, 'unchanged')], [1, 1])
  assert.equal(bed.telemetry.logged('info', /nothing to apply/).length, 1)
})

test('what is wrong, by its words or when it is prepared, changes nothing and is one line with every finding', async () => {
  const bed = bedFor()
  const wrong = (): never => {
    throw new RelayError('CONFIG_INVALID', 'relay.yaml:1:1: one\nrelay.yaml:2:2: two')
  }
  bed.next = wrong
  await bed.reloader.reload()
  bed.next = () => configOf({ ackBudgetMs: 200 })
  bed.prepared = wrong
  await bed.reloader.reload()
  assert.deepEqual(bed.seen, [])
  const findings = ['relay.yaml:1:1: one', 'relay.yaml:2:2: two']
  assert.deepEqual(
    bed.telemetry.lines.map(({ level, facts }) => [level, facts]),
    [
      ['error', { findings }],
      ['error', { findings }],
    ],
  )
  assert.deepEqual([count(bed, 'refused'), successful(bed)], [2, 0])
  bed.prepared = () => {}
  await bed.reloader.reload()
  assert.deepEqual([count(bed, 'applied'), successful(bed)], [1, 1])
})

test('a change that could be applied in part only is told as that, and tried again by the next reload', async () => {
  const bed = bedFor()
  bed.next = () => configOf({ ackBudgetMs: 200 }, 'debug')
  bed.applied = () => Promise.reject(new Error('no'))
  await bed.reloader.reload()
  assert.deepEqual([count(bed, 'partial'), count(bed, 'refused'), successful(bed)], [1, 0, 0])
  assert.equal(bed.telemetry.logged('error', /in part.*reload again/).length, 1)
  assert.deepEqual(bed.telemetry.logged('error', /of before stays/), [])
  // The level is not of a configuration that is not in use.
  assert.deepEqual(bed.seen, ['begins 200'])
  bed.applied = async () => {}
  await bed.reloader.reload()
  assert.deepEqual([count(bed, 'applied'), successful(bed)], [1, 1])
  assert.deepEqual(bed.seen.slice(1), ['begins 200', 'ends 200', 'level debug'])
})

test('reloads follow one another, and many that wait are one', async () => {
  const bed = bedFor()
  const ends: (() => void)[] = []
  bed.applied = () => new Promise((resolve) => ends.push(resolve))
  let budget = 200
  bed.next = () => configOf({ ackBudgetMs: budget++ })
  const first = bed.reloader.reload()
  await Promise.resolve()
  const others = [bed.reloader.reload(), bed.reloader.reload(), bed.reloader.reload()]
  assert.deepEqual(bed.seen, ['begins 200'])
  ends[0]?.()
  await first
  ends[1]?.()
  await Promise.all(others)
  assert.deepEqual(bed.seen.slice(1), ['ends 200', 'level info', 'begins 201', 'ends 201', 'level info'])
})

test('after the close no reload begins, and one that a stop came into is not told as done', async () => {
  const bed = bedFor()
  bed.next = () => configOf({ ackBudgetMs: 200 })
  bed.applied = async () => bed.reloader.close()
  await bed.reloader.reload()
  assert.deepEqual([bed.telemetry.lines, count(bed, 'applied')], [[], 0])
  bed.seen.length = 0
  const waiting = bed.reloader.reload()
  bed.reloader.close()
  await Promise.all([waiting, bed.reloader.reload()])
  assert.deepEqual(bed.seen, [])
})
