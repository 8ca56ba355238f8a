import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../../support/until.ts'
import { BridgeBed, TestReceiver } from './bridge-bed.ts'
import { BridgeProcess } from './bridge-process.ts'

let bed: BridgeBed

before(async () => {
  // Of its own: it is taken away.
  bed = await BridgeBed.start({ ways: ['docker', 'java'] })
})

after(() => bed.stop())

test('a second signal ends the bridge at once, with status 1, and says so', async (t) => {
  const hook = await new TestReceiver().listen()
  t.after(() => hook.close())
  const asked: string[] = []
  hook.answer = ({ id }) => {
    asked.push(id)
    return 'hold'
  }
  const { topic, deadLetterTopic } = await bed.topic(1)
  const bridge = new BridgeProcess(t, {
    kafka: { brokers: bed.stack.brokers },
    topics: { events: topic, deadLetters: deadLetterTopic },
    schemaRegistry: { url: bed.stack.schemaRegistryUrl },
    bridge: { group: topic, endpoints: [{ name: 'hook', url: hook.url, timeoutMs: 60_000 }] },
  })
  await bridge.joined()
  await bed.produce(topic, ['a'], 1)
  await until(() => asked.length === 1)
  bridge.signal('SIGTERM')
  await bridge.says('"bridge stops: ')
  await bridge.signalled('SIGTERM')
  assert.equal(await bridge.ended, 1)
  assert.match(
    bridge.output.split('\n').at(-1) ?? '',
    /"level":"error".*"signal":"SIGTERM".*bridge ends at once, at a second signal/,
  )
})

test('with Kafka away the stop is not clean: a warning names the group that was not left, and nothing prints a stack', async (t) => {
  const hook = await new TestReceiver().listen()
  t.after(() => hook.close())
  const { topic, deadLetterTopic } = await bed.topic(1)
  const bridge = new BridgeProcess(t, {
    kafka: { brokers: bed.stack.brokers },
    topics: { events: topic, deadLetters: deadLetterTopic, partitions: 1, replicationFactor: 1 },
    schemaRegistry: { url: bed.stack.schemaRegistryUrl },
    bridge: { group: topic, endpoints: [{ name: 'hook', url: hook.url }] },
  })
  await bridge.joined()
  await bed.stack.kafka.kill()
  // It has noticed, and tries to reach it.
  await bridge.says('ECONNREFUSED')
  bridge.signal('SIGTERM')
  assert.equal(await bridge.ended, 1)
  const [unclean] = bridge.lines('did not stop cleanly')
  assert.equal(unclean?.['level'], 'warn')
  assert.match(String(unclean['reason']), new RegExp(`Kafka did not answer that ${topic}\\.hook was left`))
  assert.match(bridge.output.split('\n').at(-1) ?? '', /"clean":false,"msg":"bridge has stopped"/)
  assert.deepEqual(bridge.lines('"stack"'), [])
  assert.deepEqual(bridge.lines('"level":"error"'), [])
})
