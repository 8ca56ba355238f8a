import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configKeys, nodeAt, pathsOf } from '../../../src/config/key-tree.ts'
import { hasSettings, readSettings, variableFor } from '../../../src/config/read-settings.ts'
import { Secret } from '../../../src/config/secret.ts'

const keys = configKeys()

function read(environment: Record<string, string>, ...flags: readonly string[]) {
  return readSettings(keys, environment, flags, (path) => {
    if (path === 'missing') throw new Error(`no such file: ${path}`)
    return new Secret(`content of ${path}`, path)
  })
}

/** Paths with what they are set to, and what is wrong. */
function set(environment: Record<string, string>, ...flags: readonly string[]): unknown {
  const { settings, findings } = read(environment, ...flags)
  assert.deepEqual(findings, [])
  return settings.map(({ path, value }) => [path.join('.'), value])
}

function wrong(environment: Record<string, string>, ...flags: readonly string[]): readonly string[] {
  const { settings, findings } = read(environment, ...flags)
  assert.deepEqual(settings, [])
  return findings.map(({ name, message }) => `${name}: ${message}`)
}

test('a variable is named by the path, with two underscores between keys and one between words', () => {
  assert.equal(variableFor(['gateway', 'ackMode']), 'REGISTRY_RELAY_GATEWAY__ACK_MODE')
  assert.equal(variableFor(['schemaRegistry', 'url']), 'REGISTRY_RELAY_SCHEMA_REGISTRY__URL')
  assert.equal(variableFor(['gateway', 'limits', 'maxEvents']), 'REGISTRY_RELAY_GATEWAY__LIMITS__MAX_EVENTS')
  assert.deepEqual(set({ REGISTRY_RELAY_GATEWAY__LIMITS__MAX_EVENTS: '5' }), [
    ['gateway.limits.maxEvents', 5],
  ])
})

test('no two keys have the same variable, and each sets its key and no other', () => {
  const paths = pathsOf(keys).filter((path) => path.length > 1)
  assert.ok(paths.length > 80)
  assert.equal(new Set(paths.map(variableFor)).size, paths.length)
  for (const path of paths) {
    const text = nodeAt(keys, path)?.accepts.has('map') === true ? '{}' : '1'
    const { settings, findings } = read({ [variableFor(path)]: text })
    assert.deepEqual(findings, [], path.join('.'))
    for (const one of settings) assert.deepEqual(one.path, path)
  }
})

test('variables of other purposes are left alone', () => {
  const others = {
    REGISTRY_RELAY_CONFIG: 'relay.yaml',
    REGISTRY_RELAY_BROKERS: 'h:1',
    REGISTRY_RELAY_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
    REGISTRY_RELAY___X: 'x',
    REGISTRY_RELAY_SCHEMA_REGISTRY: 'http://h/',
    REGISTRY_RELAY_GATEWAY_PORT: 'tcp://10.0.0.1:8080',
    OTHER__KEY: 'x',
  }
  assert.deepEqual(set(others), [])
  assert.equal(hasSettings(others, []), false)
  assert.equal(hasSettings({ REGISTRY_RELAY_GATEWAY__PORT: '1' }, []), true)
  assert.equal(hasSettings({}, ['gateway.port=1']), true)
})

test('what the key wants decides what a text means: a password of digits stays a text', () => {
  for (const [path, text, value] of [
    ['gateway.port', '8080', 8080],
    ['gateway.strict', 'true', true],
    ['gateway.publisherId', '8080', '8080'],
    ['kafka.sasl.password', '0123', '0123'],
    ['kafka.sasl.password', 'a=b: #c', 'a=b: #c'],
    ['kafka.sasl.password', '[x', '[x'],
    ['kafka.tls', 'true', true],
    ['kafka.brokers', 'a:1, b:2', 'a:1, b:2'],
    ['kafka.brokers', '[a:1, b:2]', ['a:1', 'b:2']],
    ['gateway.ignore.actions', '[pull, push]', ['pull', 'push']],
    ['gateway.port', '80 80', '80 80'],
    ['gateway.port', '', ''],
    ['records.keyPrefix', '', ''],
  ] as const) {
    assert.deepEqual(set({}, `${path}=${text}`), [[path, value]])
  }
})

test('{ file: path } is the text of the file, alone and within a list', () => {
  const [alone] = read({}, 'schemaRegistry.token={ file: token }').settings
  assert.ok(alone?.value instanceof Secret)
  assert.equal(alone.value.reveal(), 'content of token')
  const [list] = read({ REGISTRY_RELAY_GATEWAY__CREDENTIALS: '[{ bearer: { file: token } }]' }).settings
  assert.ok(list !== undefined)
  const [credential] = list.value as readonly { readonly bearer: unknown }[]
  assert.ok(credential?.bearer instanceof Secret)
  assert.deepEqual(wrong({}, 'schemaRegistry.token={ file: missing }'), [
    '--set schemaRegistry.token: no such file: missing',
  ])
})

test('keys and values set each of these keys and leave their neighbours', () => {
  assert.deepEqual(set({}, 'gateway.limits={maxEvents: 5, maxHeaders: 6}'), [
    ['gateway.limits.maxEvents', 5],
    ['gateway.limits.maxHeaders', 6],
  ])
})

test('a flag comes after every variable, a key after the block that holds it, and the last flag of a key counts', () => {
  assert.deepEqual(
    set(
      {
        REGISTRY_RELAY_KAFKA__SASL__USERNAME: 'one',
        REGISTRY_RELAY_KAFKA__SASL: '{mechanism: plain, username: two}',
      },
      'kafka.sasl.username=three',
      'kafka.sasl.username=four',
    ),
    [
      ['kafka.sasl.mechanism', 'plain'],
      ['kafka.sasl.username', 'two'],
      ['kafka.sasl.username', 'one'],
      ['kafka.sasl.username', 'three'],
      ['kafka.sasl.username', 'four'],
    ],
  )
})

test('a key that does not exist is an error that names the nearest, whole', () => {
  assert.deepEqual(wrong({ REGISTRY_RELAY_GATEWAY__PROT: '1' }), [
    'REGISTRY_RELAY_GATEWAY__PROT: there is no key for this variable; REGISTRY_RELAY_GATEWAY__PORT was meant?',
  ])
  assert.deepEqual(wrong({}, 'gatewy.port=1', 'maxBodyBytes=1', 'colour=1'), [
    '--set gatewy.port: there is no such key; gateway.port was meant?',
    '--set maxBodyBytes: there is no such key; gateway.maxBodyBytes was meant?',
    '--set colour: there is no such key',
  ])
})

test('what is no path=value is an error that does not repeat it: it may be a secret', () => {
  for (const flag of ['canary', '=canary', ' =canary']) {
    assert.deepEqual(wrong({}, flag), ['--set: must be path=value, as kafka.brokers=host:9092'])
  }
  assert.doesNotMatch(wrong({}, 'gateway.credentials=[{bearer: canary').join(), /canary/)
})

test('lists are set as a whole, and the block of a registry in the file only', () => {
  assert.match(
    wrong({}, 'bridge.endpoints.0.url=http://h/').join(),
    /bridge\.endpoints is a list, which is set as a whole/,
  )
  assert.match(wrong({}, 'notifications={}').join(), /in the file only/)
})

test('a whole block is set by a variable of its name, in braces, and a key of it beats it', () => {
  const environment = {
    REGISTRY_RELAY_GATEWAY__PORT: '3',
    REGISTRY_RELAY_GATEWAY: ' {port: 1, limits: {maxEvents: 2}}',
    REGISTRY_RELAY_SCHEMA_REGISTRY: '{url: "http://h/"}',
  }
  assert.equal(hasSettings({ REGISTRY_RELAY_GATEWAY: '{port: 1}' }, []), true)
  assert.deepEqual(set(environment), [
    ['gateway.port', 1],
    ['gateway.limits.maxEvents', 2],
    ['gateway.port', 3],
    ['schemaRegistry.url', 'http://h/'],
  ])
  assert.match(wrong({ REGISTRY_RELAY_NOTIFICATIONS: '{}' }).join(), /in the file only$/)
})

test('an empty variable sets nothing, unless the key takes a text', () => {
  const empty = {
    REGISTRY_RELAY_GATEWAY__PORT: '',
    REGISTRY_RELAY_GATEWAY__STRICT: '',
    REGISTRY_RELAY_GATEWAY__ACK_MODE: '',
    REGISTRY_RELAY_GATEWAY__CREDENTIALS: '',
    REGISTRY_RELAY_GATEWAY__LIMITS: '',
    REGISTRY_RELAY_KAFKA__TLS: '',
    REGISTRY_RELAY_GATEWAY: '',
  }
  assert.deepEqual(set(empty), [])
  assert.deepEqual(set({ REGISTRY_RELAY_RECORDS__KEY_PREFIX: '' }), [['records.keyPrefix', '']])
  assert.deepEqual(set({ REGISTRY_RELAY_SCHEMA_REGISTRY__TOKEN: '' }), [['schemaRegistry.token', '']])
})

test('a password may begin with a brace; only what names a file is one', () => {
  for (const password of ['{hunter2!', '{hunter2}', '{{a}}', '{a: b}', '{"file"}']) {
    assert.deepEqual(set({ REGISTRY_RELAY_KAFKA__SASL__PASSWORD: password }), [
      ['kafka.sasl.password', password],
    ])
  }
  const [named] = read({ REGISTRY_RELAY_KAFKA__SASL__PASSWORD: '{"file": "pw"}' }).settings
  assert.ok(named?.value instanceof Secret)
  assert.match(wrong({ REGISTRY_RELAY_KAFKA__SASL__PASSWORD: '{ file: pw' }).join(), /cannot be read/)
})
