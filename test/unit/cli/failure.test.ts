import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { exitCode, reportFailure, reportUsage } from '../../../src/cli/failure.ts'
import { tellWait } from '../../../src/cli/kafka-wait.ts'
import { tellAnew } from '../../../src/cli/tell-anew.ts'
import { RelayError } from '../../../src/errors.ts'

function saidIn(t: TestContext): readonly string[] {
  const said: string[] = []
  t.mock.method(console, 'error', (line: string) => said.push(line))
  return said
}

test('a failure is told in lines, of which what a broker or a file says cannot move the cursor', (t) => {
  const said = saidIn(t)
  const error = new RelayError('CONFIG_INVALID', 'a.yaml:1: unknown key "\u001b[2J"\nb\u202e')
  assert.equal(reportFailure(error), exitCode.configuration)
  assert.deepEqual(said.slice(0, 2), ['a.yaml:1: unknown key "\\x1b[2J"', 'b\\u{202e}'])
  assert.match(said[2] ?? '', /^CONFIG_INVALID: /)
})

test('a failure that nobody foresaw keeps the lines of its stack', (t) => {
  const said = saidIn(t)
  assert.equal(reportFailure(new Error('odd\u0007')), exitCode.failure)
  assert.equal(said[0], 'Error: odd\\x07')
  assert.match(said[1] ?? '', /^ {4}at /)
})

test('what is said of options, brokers and topics is plain', (t) => {
  const said = saidIn(t)
  reportUsage('registry-relay replay', 'there is no \u001bc')
  tellWait(['k\u009b:9092'])
  tellAnew('events\u202e')
  assert.equal(said[0], 'error: there is no \\x1bc')
  assert.match(said[2] ?? '', /k\\x9b:9092/)
  assert.match(said[3] ?? '', /^topic events\\u\{202e\} /)
})
