import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReceivedEvent, readEnvelope } from '../../../src/event/envelope.ts'
import type { Event } from '../../../src/event/event.ts'

function readOne(event: string): ReceivedEvent {
  const [received] = readEnvelope(Buffer.from(`{"events":[${event}]}`)).events
  assert.ok(received)
  return received
}

const eventOf = (text: string): Event => readOne(text).event

test('reads every member of every registry', () => {
  const descriptor =
    '"mediaType":"m","digest":"d","size":1,"urls":["u"],"annotations":{"a":"b"},"data":"e30=","artifactType":"t",' +
    '"platform":{"architecture":"a","os":"o","os.version":"1","os.features":["f"],"variant":"v","features":["g"]}'
  const { event, problems } = readOne(
    `{"id":"i","timestamp":"now","action":"push","target":{${descriptor},"rename":{"type":"name","from":"f","to":"t"},` +
      `"length":2,"repository":"r","fromRepository":"fr","url":"u","tag":"t","references":[{${descriptor}}]},` +
      '"request":{"id":"i","addr":"a","host":"h","method":"m","useragent":"u"},' +
      '"actor":{"name":"n","user_type":"build","user":"jwt"},"source":{"addr":"a","instanceID":"i"},' +
      '"meta":{"blob": {"storageBackend":"s3"} }}',
  )
  const descriptorRead = {
    mediaType: 'm',
    digest: 'd',
    size: 1,
    urls: ['u'],
    annotations: new Map([['a', 'b']]),
    data: 'e30=',
    artifactType: 't',
    platform: {
      architecture: 'a',
      os: 'o',
      osVersion: '1',
      osFeatures: ['f'],
      variant: 'v',
      features: ['g'],
    },
  }
  assert.deepEqual(problems, [])
  assert.deepEqual(event, {
    id: 'i',
    timestamp: 'now',
    action: 'push',
    target: {
      ...descriptorRead,
      rename: { type: 'name', from: 'f', to: 't' },
      length: 2,
      repository: 'r',
      fromRepository: 'fr',
      url: 'u',
      tag: 't',
      references: [descriptorRead],
    },
    request: { id: 'i', addr: 'a', host: 'h', method: 'm', useragent: 'u' },
    actor: { name: 'n', userType: 'build', user: 'jwt' },
    source: { addr: 'a', instanceID: 'i' },
    meta: new Map([['blob', '{"storageBackend":"s3"}']]),
  })
})

test('keeps empty values, leaves null and unknown members absent', () => {
  assert.deepEqual(
    eventOf('{"id":"","target":{"size":0,"urls":[],"annotations":{},"tag":null},"meta":{},"zzz":1}'),
    {
      id: '',
      target: { size: 0, urls: [], annotations: new Map() },
      meta: new Map(),
    },
  )
})

test('takes keys in any case, the long s and the Kelvin sign included', () => {
  assert.deepEqual(
    eventOf(
      '{"ID":"1","target":{"MediaType":"m","repo\u017fitory":"no","REPO\u017fITORY":"r"},"Actor":{"USER_TYPE":"b"}}',
    ),
    {
      id: '1',
      target: { mediaType: 'm', repository: 'r' },
      actor: { userType: 'b' },
    },
  )
})

test('exact digits of a 64-bit integer survive, and -0 is 0', () => {
  const sizeOf = (number: string) => eventOf(`{"target":{"size":${number}}}`).target?.size
  assert.equal(sizeOf('9007199254740991'), 9007199254740991)
  assert.equal(sizeOf('9007199254740992'), 9007199254740992n)
  assert.equal(sizeOf('9223372036854775807'), 9223372036854775807n)
  assert.equal(sizeOf('-9223372036854775808'), -9223372036854775808n)
  assert.ok(Object.is(sizeOf('-0'), 0))
})

test('a field of another type is left out and named, without its value', () => {
  const { event, problems } = readOne(
    '{"id":7,"action":"push","target":{"size":"1","length":1.5,"tag":"t","urls":["a",1],"annotations":{"a~b/c":2,"d":"e"},' +
      '"references":[{"size":9223372036854775808},5],"platform":[]},"request":"secret","meta":true}',
  )
  assert.deepEqual(event, {
    action: 'push',
    target: { tag: 't', urls: ['a'], annotations: new Map([['d', 'e']]), references: [{}] },
  })
  assert.deepEqual(problems, [
    '/id: a number instead of text',
    '/target/size: a string instead of an integer',
    '/target/length: a number instead of a 64-bit integer',
    '/target/urls/1: a number instead of text',
    '/target/annotations/a~0b~1c: a number instead of text',
    '/target/references/0/size: a number instead of a 64-bit integer',
    '/target/references/1: a number instead of an object',
    '/target/platform: an array instead of an object',
    '/request: a string instead of an object',
    '/meta: a boolean instead of an object',
  ])
})

test('names no more than twenty problems of one event', () => {
  const { problems } = readOne(`{"target":{"urls":[${'1,'.repeat(1000)}1]}}`)
  assert.equal(problems.length, 20)
  assert.match(problems.at(-1) ?? '', /^\/target\/urls\/19: .*perhaps more$/)
})

test('null inside lists and maps is the empty value, as in Go', () => {
  assert.deepEqual(
    eventOf('{"target":{"urls":[null],"annotations":{"a":null},"references":[null]}}').target,
    {
      urls: [''],
      annotations: new Map([['a', '']]),
      references: [{}],
    },
  )
})

test('keys that mean something to JavaScript are keys like others', () => {
  const { annotations } =
    eventOf('{"__proto__":1,"target":{"annotations":{"b":"1","10":"2","__proto__":"3","constructor":"4"}}}')
      .target ?? {}
  assert.deepEqual(
    new Map([...(annotations ?? [])].toSorted()),
    new Map([
      ['10', '2'],
      ['__proto__', '3'],
      ['b', '1'],
      ['constructor', '4'],
    ]),
  )
  assert.deepEqual(eventOf('{"meta":{"__proto__":{"a": 1}}}').meta, new Map([['__proto__', '{"a": 1}']]))
})

test('many odd numbers in one body cost one scan per list, not one each', () => {
  const references = Array.from({ length: 20_000 }, () => '{"size":9007199254740993}').join(',')
  const before = process.cpuUsage()
  const { event } = readOne(`{"target":{"references":[${references}]}}`)
  const { user } = process.cpuUsage(before)
  assert.equal(event.target?.references?.length, 20_000)
  assert.ok(event.target.references.every(({ size }) => size === 9007199254740993n))
  // One scan per list takes some 30 ms; one per number would be ten billion steps, over ten seconds.
  assert.ok(user < 3_000_000, `took ${user} microseconds`)
})
