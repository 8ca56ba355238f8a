import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { GatewayBed } from './gateway-bed.ts'
import { ServeProcess } from './serve-process.ts'

/** Data of this schema cannot be read by ours: `id` is a number. */
const foreign = JSON.stringify({
  type: 'record',
  name: 'RegistryEvent',
  namespace: 'io.registry.events.v1',
  fields: [{ name: 'id', type: 'int' }],
})

let stack: LocalStack

before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

async function bedWhoseSubjectIsTaken(mode: 'lookup' | 'register'): Promise<GatewayBed> {
  const bed = new GatewayBed(stack, { schemaRegistry: { mode } })
  await bed.createTopics()
  const registry = new SchemaRegistryClient({ url: stack.schemaRegistryUrl })
  try {
    const subject = `${bed.config.topics.events}-value`
    await registry.register(subject, foreign)
    await registry.setCompatibilityLevel(subject, 'BACKWARD')
  } finally {
    registry.close()
  }
  return bed
}

test('S7: a gateway that is to register its schema and is refused ends with exit code 1 and the reason', async (t) => {
  const stops = stopsInReverse(t)
  const bed = await bedWhoseSubjectIsTaken('register')
  stops(() => bed.remove())
  const serve = new ServeProcess(bed.configFile)
  stops(() => serve.kill())
  const { status, output } = await serve.ended
  assert.equal(status, 1, output)
  assert.match(output, /SCHEMA_INCOMPATIBLE: /)
  assert.match(output, new RegExp(`${bed.config.topics.events}-value`))
})

test('S7: one that only looks its schema up listens all the same, and says what is missing', async (t) => {
  const stops = stopsInReverse(t)
  const bed = await bedWhoseSubjectIsTaken('lookup')
  stops(() => bed.remove())
  const serve = new ServeProcess(bed.configFile)
  stops(() => serve.kill())
  await serve.listening()
  await serve.says('has other schemas, not this one')
  serve.signal('SIGTERM')
  const { status, output } = await serve.ended
  assert.equal(status, 0, output)
})
