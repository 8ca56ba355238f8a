import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../../support/until.ts'
import { BridgeBed } from '../topic-bridge/bridge-bed.ts'
import { startRelay, textFile } from './relay-command.ts'

let bed: BridgeBed

before(async () => {
  // Of our own in any case: it gets killed.
  bed = await BridgeBed.start({ ways: ['docker', 'java'] })
})

after(() => bed.stop())

test('a tail says that Kafka is away, and goes on behind the last event when it is back', async (t) => {
  const { topic } = await bed.topic(1)
  await bed.produce(topic, ['a'], 2)
  const servers = `
kafka: { brokers: "${bed.stack.brokers.join(',')}" }
schemaRegistry: { url: "${bed.stack.schemaRegistryUrl}" }
topics: { events: ${topic} }
`
  const config = textFile(t, 'relay.yaml', servers)
  const { child, end } = startRelay('tail', '-c', config, '--from', 'beginning', '--json')
  t.after(() => child.kill('SIGKILL'))
  const seen = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text: string) => {
    seen.stdout += text
  })
  child.stderr?.on('data', (text: string) => {
    seen.stderr += text
  })
  const ids = (): readonly string[] => [...seen.stdout.matchAll(/"id":"(a#\d)"/g)].map(([, id]) => id ?? '')
  await until(() => ids().length === 2, { what: () => seen.stderr })
  await bed.stack.kafka.kill()
  await until(() => /; waiting for it$/m.test(seen.stderr), { ms: 60_000, what: () => seen.stderr })
  await bed.stack.kafka.start()
  await until(() => seen.stderr.includes('Kafka is there again'), { ms: 60_000, what: () => seen.stderr })
  await bed.produce(topic, ['a'], 4, 2)
  await until(() => ids().length === 4, { ms: 60_000, what: () => seen.stdout })
  assert.deepEqual(ids(), ['a#0', 'a#1', 'a#2', 'a#3'])
  child.kill('SIGTERM')
  assert.equal((await end).status, 0)
})
