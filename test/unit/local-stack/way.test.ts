import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { ManagedServer } from '../../../src/local-stack/managed-server.ts'
import { WatchedProcess } from '../../../src/local-stack/watched-process.ts'
import { startOnFreePorts } from '../../../src/local-stack/way.ts'
import { noTelemetry } from '../../../src/telemetry.ts'

function sleeper(started: WatchedProcess[]): ManagedServer {
  return new ManagedServer({
    runner: {
      ...{ name: 'sleeper', version: '1' },
      launch(log) {
        const process = new WatchedProcess({ command: ['sleep', '600'], variables: {}, log })
        started.push(process)
        return process
      },
      signal: (process, name) => process.signal(name),
      probe: async () => {},
    },
    clock: systemClock,
    logger: noTelemetry.logger,
  })
}

test('servers that answer and are not ready together are ended, and the reason is told', async () => {
  const started: WatchedProcess[] = []
  const ports: (readonly number[])[] = []
  const whole = startOnFreePorts(
    3,
    () => {},
    async (given) => {
      ports.push(given)
      return {
        brokers: [],
        nodes: [sleeper(started), sleeper(started)],
        schemaRegistry: undefined,
        ready: async () => {
          assert.ok(started.every(({ running }) => running))
          throw new Error('the cluster is not complete')
        },
      }
    },
  )
  await assert.rejects(whole, /the cluster is not complete/)
  assert.equal(started.length, 2)
  assert.ok(started.every(({ running }) => !running))
  assert.deepEqual(
    ports.map((given) => new Set(given).size),
    [3],
  )
})

test('all brokers of a cluster are ended by one stop', async () => {
  const started: WatchedProcess[] = []
  const stack = await startOnFreePorts(
    1,
    () => {},
    async () => ({
      ...{ brokers: [], schemaRegistry: undefined },
      nodes: [sleeper(started), sleeper(started), sleeper(started)],
    }),
  )
  assert.equal(stack.nodes.length, 3)
  await stack.stop()
  assert.ok(started.every(({ running }) => !running))
})
