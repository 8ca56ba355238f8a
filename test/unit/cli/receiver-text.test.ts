import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postLines } from '../../../src/cli/receiver-text.ts'

const contentType = 'application/json'

const linesOf = (value: unknown, type: string | undefined = contentType): readonly string[] =>
  postLines({ body: Buffer.from(JSON.stringify(value)), contentType: type })

test('each event of a POST is a line: action, repository, tag or digest, id, and how it came', () => {
  const push = {
    id: 'e1',
    action: 'push',
    target: { repository: 'team/app', tag: '1.4', digest: 'sha256:ab' },
  }
  const body = { events: [push, { action: 'pull', target: { repository: 'b', digest: 'sha256:cd' } }, 7] }
  const bytes = JSON.stringify(body).length
  const lines = linesOf(body)
  assert.equal(lines[0], `push team/app 1.4  id e1  (${bytes} bytes, application/json)`)
  assert.equal(lines[1], `pull b sha256:cd  id ?  (${bytes} bytes, application/json)`)
  assert.match(lines[2] ?? '', /^not an event: /)
})

test('whoever posts can neither move the cursor, turn the line round nor make a line of their own', () => {
  const evil = {
    id: 'i\u200b',
    action: 'pu\u001b[2Jsh',
    target: { repository: 'a\r\nb\u202e', tag: '1\u0007' },
  }
  const lines = linesOf({ events: [evil] }, 'text/\u009b31m')
  assert.equal(lines.length, 1)
  assert.match(
    lines[0] ?? '',
    /^pu\\x1b\[2Jsh a\\x0d\\x0ab\\u\{202e\} 1\\x07 {2}id i\\u\{200b\} {2}\(\d+ bytes, text\/\\x9b31m\)$/,
  )
})

test('of a body that is no Envelope the reason stands in one plain line', () => {
  const lines = postLines({ body: Buffer.from('\u001b]0;t\u0007\n'), contentType: undefined })
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^not an Envelope: .*\(\d+ bytes, no content type\)$/)
  assert.doesNotMatch(lines[0] ?? '', /[\p{Cc}\p{Cf}]/u)
})
