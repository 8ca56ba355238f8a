import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DemoAddresses } from '../../../src/app/demo.ts'
import type { Travelled } from '../../../src/app/journey.ts'
import { humanDemo } from '../../../src/cli/demo-human.ts'
import { jsonDemo } from '../../../src/cli/demo-output.ts'

const server = { name: 'kafka', version: '4.3.1' } as DemoAddresses['stack']['kafka']
const addresses: DemoAddresses = {
  gateway: 'http://127.0.0.1:1/notifications',
  brokers: ['127.0.0.1:2'],
  schemaRegistry: 'http://127.0.0.1:3/apis/ccompat/v7',
  topic: 'registry.events.v1',
  management: 'http://127.0.0.1:4',
  receiver: 'http://127.0.0.1:5/',
  stack: { way: 'java', kafka: server, schemaRegistry: server },
}
const event: Travelled = {
  id: 'e1',
  repository: 'team/app',
  action: 'push',
  topic: 'registry.events.v1',
  partition: 3,
  offset: '7',
  schemaId: 1,
  identical: true,
  latencyMs: 12.3,
  bytes: 990,
}

test('for programs: one line when ready, one per delivered event, with exactly the members promised', () => {
  const lines: string[] = []
  const output = jsonDemo((line) => lines.push(line))
  output.progress({ step: 'start', detail: 'kafka' })
  output.ready(addresses)
  output.delivered(event)
  output.finished({ posted: 1, identical: 1, inOrder: true, problems: [] })
  output.staying(addresses)
  assert.deepEqual(lines, [
    '{"ready":true,"gateway":"http://127.0.0.1:1/notifications","brokers":["127.0.0.1:2"],"schemaRegistry":"http://127.0.0.1:3/apis/ccompat/v7","topic":"registry.events.v1","management":"http://127.0.0.1:4"}',
    '{"delivered":true,"id":"e1","repository":"team/app","action":"push","topic":"registry.events.v1","partition":3,"offset":"7","schemaId":1,"identical":true,"latencyMs":12.3}',
  ])
})

test('for people: where everything is, a line per event, the verdict and the configuration to paste; no colour off a terminal', () => {
  let text = ''
  const out = { write: (chunk: string) => (text += chunk) }
  const output = humanDemo(out, out)
  output.progress({ step: 'download', detail: 'server jars', done: 1, total: 2 })
  output.ready(addresses)
  output.delivered(event)
  output.delivered({ ...event, identical: false })
  output.finished({
    posted: 2,
    identical: 1,
    inOrder: false,
    problems: ['event e2 of team/app did not arrive'],
  })
  output.staying(addresses)
  assert.match(text, /gateway +http:\/\/127\.0\.0\.1:1\/notifications\n/)
  assert.match(
    text,
    /1 +push +team\/app +-> registry\.events\.v1 \[3\] @ 7 +id 1 +-> 990 B identical +12\.3 ms\n/,
  )
  assert.match(text, /990 B DIFFERENT/)
  assert.match(text, /event e2 of team\/app did not arrive\n1 of 2 came out byte-identical, NOT in order\.\n/)
  assert.match(
    text,
    /notifications:\n {2}endpoints:\n {4}- name: registry-relay\n {6}url: http:\/\/127\.0\.0\.1:1\/notifications\n/,
  )
  assert.ok(!text.includes('\u001b'), 'no escape sequences')
})

test('what a registry that posts to the demo supplies cannot move the cursor or turn the line round', () => {
  let text = ''
  const out = { write: (chunk: string) => (text += chunk) }
  const output = humanDemo(out, out)
  output.delivered({ ...event, action: 'pu\u001b[2J', repository: 'a\r\nb\u202e' })
  output.finished({ posted: 1, identical: 1, inOrder: true, problems: ['event \u0007 of x'] })
  assert.match(text, /^1 +pu\\x1b\[2J a\\x0d\\x0ab\\u\{202e\} +-> /)
  assert.match(text, /\n {2}event \\x07 of x\n/)
})
