import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valuesText } from '../../../src/cli/config-human.ts'
import type { Terminal } from '../../../src/cli/progress-line.ts'

const file: Terminal = { write: () => true }
const terminal: Terminal = { ...file, isTTY: true }

const row = (path: string, value: unknown, source = 'default') => ({
  path,
  value,
  source,
  isDefault: source === 'default',
})

test('columns are aligned, blocks apart, and numbers with a unit have it beside them', () => {
  assert.equal(
    valuesText(
      [
        row('gateway.maxBodyBytes', 33_554_432),
        row('gateway.tls', null),
        row('gateway.ignore.actions', ['pull', 'push'], 'relay.yaml:3'),
        row('spool.warnAgeMs', 900_000, '--set'),
      ],
      file,
    ),
    [
      'gateway.maxBodyBytes    33554432 (32 MiB)  default',
      'gateway.tls             -                  default',
      'gateway.ignore.actions  [pull, push]       relay.yaml:3',
      '',
      'spool.warnAgeMs         900000 (15 min)    --set',
    ].join('\n'),
  )
})

test('one long value does not push the sources of all others away', () => {
  const lines = valuesText([row('a.b', 'x'.repeat(200), 'f:1'), row('a.c', 'y', 'f:2')], file).split('\n')
  assert.equal(lines[0], `a.b  ${'x'.repeat(200)}  f:1`)
  assert.ok((lines[1] ?? '').length < 60)
})

test('an empty text is seen', () => {
  assert.match(valuesText([row('a.b', '')], file), /a\.b {2}"" /)
})

test('a key, a value, a value of a list and a source cannot move the cursor, turn the line round or tear it', () => {
  const text = valuesText(
    [
      row('a.b', 'x\u001b[31m\ny\u202e'),
      row('a.c\u001b', ['p\u001b[2J', 'q\r\n\u009b31m'], 'f:2 (file s\u0007)'),
    ],
    file,
  )
  assert.equal(
    text.split('\n').join('|').replaceAll(/ +/g, ' '),
    'a.b x\\x1b[31m\\x0ay\\u{202e} default|a.c\\x1b [p\\x1b[2J, q\\x0d\\x0a\\x9b31m] f:2 (file s\\x07)',
  )
})

test('colours only where they are wanted, and what is default steps back', () => {
  const rows = [row('a.b', 1), row('a.c', 2, 'f:1'), row('a.d', ['[secret]'], 'f:2')]
  assert.ok(!valuesText(rows, file).includes('\u001b'))
  const [first, second, third] = valuesText(rows, terminal).split('\n')
  assert.ok(first?.startsWith('\u001b[2m'))
  assert.ok(second?.includes('\u001b[1m2'))
  assert.ok(third?.includes('\u001b[33m[secret]'))
})

test('where every key has its default that is said', () => {
  assert.equal(valuesText([], file), 'Every key has its default.')
})
