import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BridgeFleet } from '../../../src/app/bridge-fleet.ts'
import type { Parts } from '../../../src/app/parts.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry, type LogLine } from '../kafka/counted-telemetry.ts'

function configOf(...endpoints: readonly object[]): Config {
  return configSchema.parse({
    kafka: { brokers: 'h:1' },
    schemaRegistry: { url: 'http://h/' },
    bridge: { endpoints },
  })
}

const one = { name: 'one', url: 'http://1/' }
const two = { name: 'two', url: 'http://2/' }
const three = { name: 'three', url: 'http://3/' }

interface Bed {
  readonly fleet: BridgeFleet
  readonly seen: string[]
  readonly lines: readonly LogLine[]
  /** The names of the parts as they were last told. */
  parts: readonly string[]
  check: (name: string) => void
  /** Whether an endpoint that begins throws. */
  failing: boolean
  /** Waited for by each close; what it resolves with are the groups that did not hear of it. */
  closing: (name: string) => Promise<readonly string[]>
}

function bedFor(config: Config): Bed {
  const seen: string[] = []
  const { logger, lines } = new CountedTelemetry()
  const bed: Bed = {
    seen,
    lines,
    parts: [],
    check: () => {},
    failing: false,
    closing: async () => [],
    fleet: new BridgeFleet({
      logger,
      check: ({ name }) => bed.check(name),
      onParts: (parts: Parts) => {
        bed.parts = Object.keys(parts)
      },
      run(settings) {
        const { name, timeoutMs } = settings
        if (bed.failing) throw new Error('cannot begin')
        seen.push(`${name} begins ${timeoutMs}`)
        let closed: Promise<readonly string[]> | undefined
        const close = async (): Promise<readonly string[]> => {
          seen.push(`${name} closes`)
          const unheard = await bed.closing(name)
          seen.push(`${name} is closed`)
          return unheard
        }
        return {
          config: settings,
          parts: { [name]: () => ({ ready: true }) },
          joined: Promise.resolve(),
          close: () => {
            closed ??= close()
            return closed
          },
        }
      },
    }),
  }
  void bed.fleet.begin(config.bridge.endpoints)
  seen.length = 0
  return bed
}

test('one comes, one goes, one changes after its end, and the other is not touched', async () => {
  const bed = bedFor(configOf(one, two, three))
  const { fleet, seen } = bed
  const added = { name: 'four', url: 'http://4/' }
  await fleet.prepare(configOf(one, { ...two, timeoutMs: 7_000 }, added))()
  assert.deepEqual(
    seen.filter((line) => line.startsWith('one')),
    [],
  )
  assert.deepEqual(
    seen.filter((line) => line.startsWith('two')),
    ['two closes', 'two is closed', 'two begins 7000'],
  )
  assert.deepEqual(
    seen.filter((line) => line.startsWith('three')),
    ['three closes', 'three is closed'],
  )
  assert.ok(seen.includes('four begins 10000'))
  assert.deepEqual(Object.keys(fleet.parts).toSorted(), ['four', 'one', 'two'])
  assert.deepEqual(bed.parts.toSorted(), ['four', 'one', 'two'])
})

test('before anything is touched all that comes or changes is checked, and every finding is told', () => {
  const bed = bedFor(configOf(one, two))
  bed.check = (name) => {
    throw new RelayError('CONFIG_INVALID', `${name} is wrong`)
  }
  const prepare = () => bed.fleet.prepare(configOf({ ...one, timeoutMs: 7_000 }, two, three))
  assert.throws(
    prepare,
    (error) => isRelayError(error, 'CONFIG_INVALID') && error.message === 'three is wrong\none is wrong',
  )
  assert.deepEqual(bed.seen, [])
})

test('one that is taken out is no part any more from the first moment, also while it still drains', async () => {
  const bed = bedFor(configOf(one, two))
  const ends: (() => void)[] = []
  bed.closing = () => new Promise((resolve) => ends.push(() => resolve([])))
  const applied = bed.fleet.prepare(configOf(one))()
  await until(() => ends.length === 1)
  assert.deepEqual(bed.parts, ['one'])
  ends[0]?.()
  await applied
})

test('a stop in the middle of a reload begins nothing more, and waits for what is being closed', async () => {
  const bed = bedFor(configOf(one, two, three))
  const ends: (() => void)[] = []
  bed.closing = () => new Promise((resolve) => ends.push(() => resolve([])))
  const applied = bed.fleet.prepare(configOf(one, { ...two, timeoutMs: 7_000 }))()
  await until(() => ends.length === 2)
  const stopped = bed.fleet.close(1_000)
  await until(() => ends.length === 3)
  for (const end of ends) end()
  await Promise.all([applied, stopped])
  assert.deepEqual(
    bed.seen.filter((line) => line.includes('begins')),
    [],
  )
  assert.equal(bed.seen.filter((line) => line.includes('is closed')).length, 3)
})

test('a stop of which a group did not hear is not clean, and names it', async () => {
  const bed = bedFor(configOf(one, two))
  bed.closing = async (name) => (name === 'two' ? ['relay.two'] : [])
  await assert.rejects(
    bed.fleet.close(1_000),
    (error) => isRelayError(error, 'KAFKA_UNAVAILABLE') && /relay\.two was left/.test(error.message),
  )
})

test('a group that does not hear that an endpoint is taken out is warned of, and the reload is done', async () => {
  const bed = bedFor(configOf(one, two))
  bed.closing = async () => ['relay.two']
  await bed.fleet.prepare(configOf(one))()
  assert.deepEqual(
    bed.lines.map(({ level, facts }) => [level, facts]),
    [['warn', { groups: ['relay.two'] }]],
  )
})

test('an endpoint that cannot begin anew fails the reload, and the next one begins it', async () => {
  const bed = bedFor(configOf(one, two))
  const wanted = configOf(one, { ...two, timeoutMs: 7_000 })
  bed.failing = true
  await assert.rejects(bed.fleet.prepare(wanted)(), /cannot begin/)
  assert.deepEqual(bed.parts, ['one', 'two'])
  bed.failing = false
  await bed.fleet.prepare(wanted)()
  assert.equal(bed.seen.at(-1), 'two begins 7000')
})
