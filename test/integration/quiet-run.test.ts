import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { stopsInReverse } from '../support/stops.ts'
import { until } from '../support/until.ts'
import { envelope, GatewayBed, post } from './gateway/gateway-bed.ts'
import { ServeProcess } from './gateway/serve-process.ts'
import { TestReceiver } from './topic-bridge/bridge-bed.ts'
import { BridgeProcess } from './topic-bridge/bridge-process.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

/**
 * What a process wrote beside log lines of the level info: warnings of Node about deprecated calls and timers, which differ from
 * version to version, and those of the relay.
 */
function loud(output: string): string[] {
  return output.split('\n').filter((line) => {
    try {
      return (JSON.parse(line) as { readonly level?: unknown }).level !== 'info'
    } catch {
      return true
    }
  })
}

test('gateway and bridge start, take and deliver an event, and stop without a warning of theirs or of Node', async (t) => {
  const stops = stopsInReverse(t)
  const hook = await new TestReceiver().listen()
  stops(() => hook.close())
  const bed = new GatewayBed(stack)
  stops(() => bed.remove())
  await bed.createTopics()

  const gateway = new ServeProcess(bed.configFile)
  stops(() => gateway.kill())
  const url = await gateway.listening()
  const { events, deadLetters, rejected } = bed.config.topics
  const bridge = new BridgeProcess(t, {
    kafka: { brokers: stack.brokers },
    topics: { events, deadLetters, rejected, partitions: 6, replicationFactor: 1 },
    schemaRegistry: { url: stack.schemaRegistryUrl },
    bridge: { group: `quiet-${events}`, endpoints: [{ name: 'hook', url: hook.url }] },
  })
  await bridge.joined()
  assert.equal((await post(url, envelope('heard'))).status, 200)
  await until(() => hook.taken.some(({ id }) => id === 'heard'), { what: () => bridge.output })
  bridge.signal('SIGTERM')
  gateway.signal('SIGTERM')
  assert.equal(await bridge.ended, 0, bridge.output)
  const { status, output } = await gateway.ended
  assert.equal(status, 0, output)
  assert.deepEqual({ gateway: loud(output), bridge: loud(bridge.output) }, { gateway: [], bridge: [] })
})
