import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doctorJson } from '../../../src/cli/doctor-json.ts'
import { DoctorText } from '../../../src/cli/doctor-text.ts'
import {
  type CheckResult,
  failure,
  note,
  ok,
  type Seen,
  warning,
  worst,
} from '../../../src/operations/doctor/check.ts'

const result = (part: CheckResult['part'], name: string, ...seen: readonly Seen[]): CheckResult => ({
  ...{ part, name, seen, state: worst(seen), tookMs: 1 },
})
const skipped = (part: CheckResult['part'], name: string, because: string): CheckResult => ({
  ...{ part, name, because, seen: [], state: 'skipped', tookMs: 0 },
})

function shown(results: readonly CheckResult[], isTTY = false): string {
  let text = ''
  const out = new DoctorText({ isTTY, write: (more) => (text += more) })
  for (const one of results) out.result(one)
  out.summary(results)
  return text
}

const ill = [
  result('config', 'configuration', ok('relay.yaml is valid')),
  result('kafka', 'brokers', failure('a:9092 is down', 'start it'), failure('b:9092 is down', 'start it')),
  skipped('kafka', 'cluster', 'no broker'),
  skipped('kafka', 'advertised listeners', 'no broker'),
  skipped('topics', 'topics', 'no broker'),
  skipped('rights', 'rights', 'no broker'),
  result('spool', 'spool disk', warning('it is slow', 'buy a disk'), note('it is old')),
]

test('lines stand under their part, advice under what it is for, and a cause is told once in a part', () => {
  assert.equal(
    shown(ill),
    `config
  ok       relay.yaml is valid

kafka
  ERROR    a:9092 is down
  ERROR    b:9092 is down
           → start it
  skipped  cluster: no broker

topics  skipped: no broker
rights  skipped: no broker

spool
  warning  it is slow
           → buy a disk
  note     it is old

2 errors, 1 warning; what needs that was skipped: see "→" above
`,
  )
})

test('where nothing is wrong the last line says so, with the number of notes', () => {
  assert.match(shown([result('config', 'configuration', ok('fine'))]), /\nNothing is wrong\.\n$/)
  assert.match(shown([result('config', 'configuration', note('hm'))]), /\nNothing is wrong \(1 note\)\.\n$/)
})

test('colours are for a terminal only', () => {
  assert.ok(!shown(ill).includes('\u001b'))
  assert.ok(shown(ill, true).includes('\u001b[31m'))
})

test('for programs there is one object with every line, and what was skipped with its cause', () => {
  const { ok: well, errors, warnings, checks } = JSON.parse(doctorJson(ill))
  assert.deepEqual([well, errors, warnings, checks.length], [false, 2, 1, 7])
  assert.deepEqual(checks[1].lines[0], { state: 'error', text: 'a:9092 is down', todo: 'start it' })
  assert.deepEqual([checks[4].state, checks[4].because], ['skipped', 'no broker'])
  assert.equal(JSON.parse(doctorJson(ill.slice(0, 1))).ok, true)
})

test('what a broker, a file or an endpoint says stays in its line, and only the colours are ours', () => {
  const text = shown([
    result('kafka', 'brokers', failure('a\u001b[2J\u202e\nok', 'start\u0007')),
    skipped('kafka', 'cluster', 'no\u009b broker'),
    skipped('topics', 'topics', 'no\u009b broker'),
  ])
  assert.match(text, /ERROR {4}a\\x1b\[2J\\u\{202e\}\\x0aok\n +→ start\\x07\n/)
  assert.match(text, /skipped {2}cluster: no\\x9b broker\n\ntopics {2}skipped: no\\x9b broker\n/)
})
