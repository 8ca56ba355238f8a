import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReplayCommandOptions, replayRequest, WrongOption } from '../../../src/cli/replay-options.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'

const config = parseConfig(
  `
kafka: { brokers: [ "127.0.0.1:1" ] }
schemaRegistry: { url: "http://127.0.0.1:1" }
topics: { events: events, routes: [ { topic: pulls, actions: [pull] } ] }
bridge: { group: relay, endpoints: [ { name: search, url: "http://127.0.0.1:1/" } ] }
`,
  { fileName: 'test.yaml', environment: {}, readSecret: () => new Secret('') },
)
const now = Date.parse('2026-11-26T10:00:00Z')

function request(options: Omit<ReplayCommandOptions, 'config'>) {
  return replayRequest({ config: 'relay.yaml', ...options }, config, 'r1', now)
}

test('what is not said has its default, and only what was said must not differ from a replay that goes on', () => {
  const { plan, asked, topics, liveGroups } = request({ toEndpoint: 'search', from: '2h' })
  const from = { text: '2h', moment: { kind: 'time', ms: now - 7_200_000 } }
  assert.deepEqual(plan, {
    topic: 'events',
    target: { name: 'search' },
    from,
    to: { text: 'latest', moment: { kind: 'latest' } },
    repositories: [],
    actions: [],
  })
  assert.deepEqual(asked, { target: { name: 'search' }, from })
  assert.deepEqual(topics, ['events', 'pulls'])
  assert.deepEqual(liveGroups, ['relay.search', 'relay.events.search', 'relay.pulls.search'])
})

test('the ends of the topic have two names each, of which a plan keeps one', () => {
  const first = { text: 'earliest', moment: { kind: 'earliest' } }
  const last = { text: 'latest', moment: { kind: 'latest' } }
  for (const [from, to] of [
    ['beginning', 'now'],
    ['earliest', 'latest'],
  ] as const) {
    const { asked } = request({ toEndpoint: 'search', from, to })
    assert.deepEqual([asked.from, asked.to], [first, last])
  }
})

test('of a URL nothing is kept but its host and what tells it apart', () => {
  const { asked } = request({ id: 'r1', toEndpoint: 'https://hooks.test:8443/secret?token=t' })
  const other = request({ id: 'r1', toEndpoint: 'https://hooks.test:8443/secret?token=u' })
  const text = JSON.stringify(asked)
  assert.match(text, /"host":"hooks.test:8443"/)
  assert.doesNotMatch(text, /secret|token/)
  assert.notDeepEqual(asked.target, other.asked.target)
})

test('what a new replay lacks is named alone, and one with an id may still go on without it', () => {
  assert.throws(() => request({}), /^Error: --to-endpoint is missing$/)
  assert.throws(() => request({ toEndpoint: 'search' }), /: --from or --from-offset is missing$/)
  assert.equal(
    request({ id: 'r1' }).plan,
    'no replay of that id was begun; to begin one, --to-endpoint is missing',
  )
  assert.match(
    String(request({ id: 'r1', toEndpoint: 'search' }).plan),
    /--from or --from-offset is missing$/,
  )
})

test('offsets are of one partition', () => {
  const { asked } = request({ id: 'r1', partition: 2, fromOffset: 5n, toOffset: 9n })
  assert.deepEqual(
    [asked.from?.moment, asked.to?.moment],
    [
      { kind: 'offset', offset: 5n },
      { kind: 'offset', offset: 9n },
    ],
  )
  assert.throws(() => request({ fromOffset: 5n }), /give --partition too/)
})

test('options that nothing can be done with are wrong, in words', () => {
  for (const [options, message] of [
    [{ from: 'yesterday' }, /--from: expected a time as .* got "yesterday"/],
    [{ to: '2026-11-26' }, /--to: expected a time/],
    [{ toEndpoint: 'serach' }, /an endpoint of the configuration \(search\), got "serach"/],
    [{ toEndpoint: 'http://me:secret@h/' }, /without user name and password$/],
    [
      { from: '1h', to: '2h' },
      /--from is not before --to: 2026-11-26T09:00:00.000Z and 2026-11-26T08:00:00.000Z$/,
    ],
    [{ from: '1h', to: '60m' }, /--from is not before --to/],
    [
      { partition: 0, fromOffset: 9n, toOffset: 9n },
      /--from-offset is not before --to-offset: offset 9 and offset 9$/,
    ],
    [{ topic: 'other' }, /the configuration has events, pulls/],
    [{ action: ['pusch'] }, /--action: .*"push" was meant/],
  ] as const) {
    assert.throws(
      () => request(options),
      (error) => error instanceof WrongOption && message.test(error.message),
      String(message),
    )
  }
})
