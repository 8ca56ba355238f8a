import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Terminal } from '../../../src/cli/progress-line.ts'
import { TailLines } from '../../../src/cli/tail-line.ts'
import { RelayError } from '../../../src/errors.ts'
import type { Event } from '../../../src/event/event.ts'
import type { TailedRecord } from '../../../src/operations/tail-record.ts'
import { recordOf } from '../operations/tail-bed.ts'

const event: Event = {
  action: 'push',
  target: { repository: 'team/app', tag: '1.4', size: 1_234_567 },
  actor: { name: 'ci' },
  source: { addr: 'node-1:5000' },
}

function tailed(content: Event | RelayError): TailedRecord {
  const read = content instanceof Error ? content : { event: content, body: '', mediaType: '', schemaId: 1 }
  return { record: recordOf(event, 'events', 3, 12n), content: read }
}

const file: Terminal = { write: () => true }
const terminal: Terminal = { ...file, isTTY: true }

const plain = (): TailLines => new TailLines(file, { verbose: false })

test('a line says when, what, about which image, how large, who and where', () => {
  assert.equal(
    plain().of(tailed(event)),
    '2023-11-14T22:13:20Z  push    team/app:1.4                        1.2 MiB  ci        node-1:5000',
  )
  const verbose = new TailLines(file, { verbose: true })
  assert.match(verbose.of(tailed(event)), / {2}node-1:5000 {2}events-3@12$/)
})

test('without a tag the digest is shortened, and what is absent is a dash', () => {
  const digest = `sha256:${'ab'.repeat(32)}`
  const line = plain().of(tailed({ action: 'delete', target: { repository: 'a/b', digest, size: 0 } }))
  assert.match(line, /^\S+ {2}delete {2}a\/b@sha256:abababababab +- {2}- +-$/)
  assert.match(plain().of(tailed({})), / {2}- +- +- {2}- +-$/)
})

test('a mount names where the blob is from, a rename where the repository is now', () => {
  const mount = plain().of(
    tailed({ action: 'mount', target: { repository: 'a', fromRepository: 'base/os' } }),
  )
  assert.match(mount, / a from base\/os /)
  const rename = plain().of(tailed({ action: 'rename', target: { repository: 'a', rename: { to: 'b' } } }))
  assert.match(rename, / a to b /)
})

test('columns stay aligned behind a cell that was longer than those before, up to a bound', () => {
  const lines = plain()
  const long = 'team/a-name-that-is-longer-than-the-column'
  lines.of(tailed({ ...event, target: { repository: long } }))
  const next = lines.of(tailed(event))
  assert.equal(next.indexOf('1.2 MiB'), 30 + long.length + 4)
  lines.of(tailed({ ...event, target: { repository: 'x'.repeat(5_000) } }))
  assert.ok(lines.of(tailed(event)).length < 140)
})

test('what a registry supplies cannot move the cursor, turn the line round or hide in it', () => {
  const line = plain().of(
    tailed({
      action: 'pu\u001b[2Jsh',
      target: { repository: 'a\r\nb\u202e', tag: '1\u0007' },
      actor: { name: '\u009b31m\u2028' },
    }),
  )
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}]/u)
  assert.match(line, /pu\\x1b\[2Jsh {2}a\\x0d\\x0ab\\u\{202e\}:1\\x07 .*\\x9b31m\\u\{2028\}/)
})

test('a record that cannot be read says where it is and why', () => {
  const error = new RelayError('RECORD_UNDECODABLE', 'no frame\u001b')
  assert.equal(
    plain().of(tailed(error)),
    '2023-11-14T22:13:20Z  unreadable events-3@12: RECORD_UNDECODABLE: no frame\\x1b',
  )
})

test('a terminal gets colours, and only around the action', () => {
  const lines = new TailLines(terminal, { verbose: false })
  const green = lines.of(tailed(event))
  assert.ok(green.startsWith('2023-11-14T22:13:20Z  \u001b[32mpush  \u001b[39m  team/'))
  assert.equal(lines.of(tailed({ ...event, action: 'other' })).includes('\u001b'), false)
})
