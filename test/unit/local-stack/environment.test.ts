import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readEnvironment, variablesForServer } from '../../../src/local-stack/environment.ts'

test('reads the addresses of running servers', () => {
  const environment = readEnvironment({
    REGISTRY_RELAY_BROKERS: ' a:9092, b:9092,',
    REGISTRY_RELAY_SCHEMA_REGISTRY: 'http://c:8081',
  })
  assert.deepEqual(environment.brokers, ['a:9092', 'b:9092'])
  assert.equal(environment.schemaRegistryUrl, 'http://c:8081')
})

test('takes an empty variable for one that is not set', () => {
  const environment = readEnvironment({
    REGISTRY_RELAY_BROKERS: '',
    REGISTRY_RELAY_SCHEMA_REGISTRY: '',
    REGISTRY_RELAY_CACHE: '',
    JAVA_HOME: '',
    DOCKER_HOST: '',
    HOME: '/home/ada',
  })
  assert.deepEqual(environment.brokers, [])
  assert.equal(environment.schemaRegistryUrl, undefined)
  assert.deepEqual(environment.javaHomes, [])
  assert.equal(environment.remoteDocker, undefined)
  assert.equal(environment.cacheDir, '/home/ada/.cache/registry-relay')
})

test('looks for the cache folder in its own variable, then in the one of the desktop, then at home', () => {
  const cacheDir = (variables: Record<string, string>): string => readEnvironment(variables).cacheDir
  assert.equal(cacheDir({ REGISTRY_RELAY_CACHE: '/r', XDG_CACHE_HOME: '/x', HOME: '/h' }), '/r')
  assert.equal(cacheDir({ XDG_CACHE_HOME: '/x', HOME: '/h' }), '/x/registry-relay')
  assert.equal(cacheDir({ HOME: '/h' }), '/h/.cache/registry-relay')
})

test('a relative folder for temporary data is that of this process, whatever folder the servers run in', () => {
  assert.equal(readEnvironment({ TMPDIR: 'tmp' }).temporaryDir, join(process.cwd(), 'tmp'))
})

test('takes JAVA_HOME before the variables of build machines', () => {
  const { javaHomes } = readEnvironment({
    JAVA_HOME_21_X64: '/21',
    JAVA_HOME_17_X64: '/17',
    JAVA_HOME: '/own',
  })
  assert.deepEqual(javaHomes, ['/own', '/17', '/21'])
})

test('tells a Docker daemon of another machine from a local one', () => {
  assert.equal(readEnvironment({ DOCKER_HOST: 'unix:///run/d.sock' }).remoteDocker, undefined)
  assert.equal(readEnvironment({ DOCKER_HOST: 'tcp://far:2376' }).remoteDocker, 'tcp://far:2376')
})

test('keeps settings meant for other programs from the servers', () => {
  const kept = variablesForServer({
    PATH: '/bin',
    REGISTRY_HTTP_ADDR: ':5000',
    QUARKUS_HTTP_PORT: '1',
    KAFKA_HEAP_OPTS: '-Xmx8g',
    APICURIO_STORAGE_KIND: 'kafkasql',
    ABSENT: undefined,
  })
  assert.deepEqual(kept, { PATH: '/bin' })
})
