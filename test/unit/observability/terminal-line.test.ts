import assert from 'node:assert/strict'
import { test } from 'node:test'
import { terminalLine } from '../../../src/observability/terminal-line.ts'

test('facts stand behind the sentence, in quotes where one could not tell where they end', () => {
  assert.equal(
    terminalLine('ready', { topic: 'events', port: 1, tls: false, reason: 'no answer', parts: ['a', 2] }),
    'ready topic=events port=1 tls=false reason="no answer" parts=["a",2]',
  )
  assert.equal(terminalLine('ready', {}), 'ready')
})

test('an error is its code, or else its name, with its message and what it comes from, behind all other facts', () => {
  const err = {
    code: 'DELIVERY_FAILED',
    retriable: true,
    facts: { status: 503 },
    type: 'RelayError',
    message: 'no answer',
    cause: { type: 'TypeError', message: 'fetch failed', cause: { type: 'Error', message: 'refused' } },
  }
  assert.equal(
    terminalLine('failed', { err, waitMs: 250 }),
    'failed waitMs=250 err=DELIVERY_FAILED: no answer (TypeError: fetch failed (Error: refused))',
  )
})

test('a cause that the message quotes is not told twice, and causes end somewhere', () => {
  const quoted = { type: 'A', message: 'away: refused', cause: { type: 'B', message: 'refused' } }
  assert.equal(terminalLine('x', { err: quoted }), 'x err=A: away: refused')
  const deep = [1, 2, 3, 4, 5].reduceRight<object | undefined>(
    (cause, n) => ({ type: 'E', message: `m${n}`, cause }),
    undefined,
  )
  assert.equal(terminalLine('x', { err: deep }), 'x err=E: m1 (E: m2 (E: m3 (E: m4)))')
})

test('a stack that came along stands below, without what the line has said already', () => {
  const err = {
    type: 'TypeError',
    message: 'x is not a function',
    stack: 'TypeError: x is not a function\n    at one (a.ts:1:1)\n    at two (b.ts:2:2)',
    cause: { type: 'Error', message: 'before', stack: 'Error: before\n    at three (c.ts:3:3)' },
  }
  assert.deepEqual(terminalLine('broken', { err }).split('\n'), [
    'broken err=TypeError: x is not a function (Error: before)',
    '    at one (a.ts:1:1)',
    '    at two (b.ts:2:2)',
    '  from Error: before',
    '    at three (c.ts:3:3)',
  ])
})

test('nothing that others sent begins a line or moves the cursor', () => {
  const err = { type: 'E\u001b[2J', message: 'one\n\ntwo\u0007', stack: 'E\n    at \u001b[31mred' }
  const line = terminalLine('said\r\nmore\u009b', { name: 'a\u001b[0m', other: '\u009b1m', err })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point.
  assert.doesNotMatch(line.replace('\n    at ', ''), /[\u0000-\u001f\u007f-\u009f]/)
  assert.match(line, /^said more name=.* err=E\[2J: one two\n {4}at \[31mred$/)
})

test('what stands behind the sentence can be muted', () => {
  assert.equal(
    terminalLine('ready', { port: 1 }, (text) => `<${text}>`),
    'ready <port=1>',
  )
})

test('nothing that others sent turns the direction of writing or stands there unseen', () => {
  assert.equal(
    terminalLine('said \u202eorder', { name: 'a\u200bb', other: '\u2066c' }),
    'said order name=ab other=c',
  )
})
