import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { createTopic, topicsOf } from './kafka-admin.ts'

test('addresses given by variables are used, checked, and left alone', async (t) => {
  const own = await startLocalStack({ ways: ['java'] })
  t.after(() => own.stop())
  const given = await startLocalStack({
    environment: {
      REGISTRY_RELAY_BROKERS: own.brokers.join(','),
      REGISTRY_RELAY_SCHEMA_REGISTRY: `${own.schemaRegistryUrl}/`,
    },
  })
  assert.equal(given.way, 'given')
  assert.deepEqual(given.brokers, own.brokers)
  assert.equal(given.schemaRegistryUrl, own.schemaRegistryUrl)
  await createTopic(given.brokers, 'given')
  await assert.rejects(given.kafka.kill(), /cannot kill kafka: it was given by its address/)
  assert.throws(() => given.schemaRegistry.pause(), /cannot pause schema-registry/)
  await given.stop()
  assert.deepEqual(await topicsOf(own.brokers), ['given'])
})

test('half of the addresses is a mistake, not a reason to start the other half', async () => {
  const environment = { REGISTRY_RELAY_BROKERS: '127.0.0.1:9092' }
  await assert.rejects(startLocalStack({ environment }), {
    code: 'REAL_PARTS_MISSING',
    message: /REGISTRY_RELAY_SCHEMA_REGISTRY is not: set both, or neither/,
  })
})

test('an address that is none is named', async () => {
  const environment = { REGISTRY_RELAY_BROKERS: 'kafka.example' }
  await assert.rejects(startLocalStack({ environment, schemaRegistry: false }), {
    code: 'REAL_PARTS_MISSING',
    message: /"kafka\.example" is not HOST:PORT/,
  })
})

test('where nothing is installed, one message says what was looked at and what to install', async (t) => {
  const empty = await mkdtemp(join(tmpdir(), 'nothing-here-'))
  t.after(() => rm(empty, { recursive: true }))
  const told: string[] = []
  const started = startLocalStack({
    environment: { PATH: empty, HOME: empty },
    javaHome: empty,
    onProgress: ({ step, detail }) => told.push(`${step} ${detail}`),
  })
  await assert.rejects(started, (error: Error) => {
    assert.equal('code' in error && error.code, 'REAL_PARTS_MISSING')
    assert.match(error.message, /given: REGISTRY_RELAY_BROKERS is not set/)
    assert.match(error.message, /docker: no docker command on the PATH/)
    assert.match(error.message, /java: no Java 17 or later/)
    assert.match(error.message, /install Docker.*install Java 17 or later.*set REGISTRY_RELAY_BROKERS/s)
    return true
  })
  // All of it is in the message; on the way nothing unexpected was met.
  assert.deepEqual(told, [])
})

test('with Java but without Maven, an empty cache is named', async (t) => {
  const empty = await mkdtemp(join(tmpdir(), 'no-maven-'))
  t.after(() => rm(empty, { recursive: true }))
  const environment = { ...process.env, PATH: empty, REGISTRY_RELAY_CACHE: empty }
  await assert.rejects(startLocalStack({ ways: ['java'], environment }), {
    code: 'REAL_PARTS_MISSING',
    message: /no Maven \(no mvn on the PATH\), and the servers are not in .*no-maven-/,
  })
})

test('what only Java offers is tried in no other way', async () => {
  const environment = { REGISTRY_RELAY_BROKERS: '127.0.0.1:1' }
  for (const [options, why] of [
    [{ brokerCount: 3 }, /given: 3 brokers are started by Java only\n {2}docker: 3 brokers/],
    [
      { advertise: async () => [1] },
      /given: a broker that names another port .*\n {2}docker: a broker that names/,
    ],
    [
      { listeners: [{ name: 'TLS', protocol: 'SSL' }] },
      /given: a broker with further listeners .*\n {2}docker: /,
    ],
  ] as const) {
    const started = startLocalStack({
      ...options,
      environment,
      schemaRegistry: false,
      ways: ['given', 'docker'],
    })
    await assert.rejects(started, { code: 'REAL_PARTS_MISSING', message: why })
  }
})
