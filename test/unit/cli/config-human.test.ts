import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valuesText } from '../../../src/cli/config-human.ts'

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
      false,
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
  const lines = valuesText([row('a.b', 'x'.repeat(200), 'f:1'), row('a.c', 'y', 'f:2')], false).split('\n')
  assert.equal(lines[0], `a.b  ${'x'.repeat(200)}  f:1`)
  assert.ok((lines[1] ?? '').length < 60)
})

test('an empty text is seen, and a control character does nothing', () => {
  const text = valuesText([row('a.b', ''), row('a.c', 'x\u001b[31m\ny')], false)
  assert.match(text, /a\.b {2}"" /)
  assert.match(text, /"x\\u001b\[31m\\ny"/)
  assert.equal(text.split('\n').length, 2)
})

test('colours only where they are wanted, and what is default steps back', () => {
  const rows = [row('a.b', 1), row('a.c', 2, 'f:1'), row('a.d', ['[secret]'], 'f:2')]
  assert.ok(!valuesText(rows, false).includes('\u001b'))
  const [first, second, third] = valuesText(rows, true).split('\n')
  assert.ok(first?.startsWith('\u001b[2m'))
  assert.ok(second?.includes('\u001b[1m2'))
  assert.ok(third?.includes('\u001b[33m[secret]'))
})

test('where every key has its default that is said', () => {
  assert.equal(valuesText([], false), 'Every key has its default.')
})
