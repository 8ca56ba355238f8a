import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns } from '../../../src/cli/columns.ts'
import { plainLines, plainText } from '../../../src/cli/plain-text.ts'

test('what a terminal obeys, what turns the writing and what is not seen is shown as its number', () => {
  assert.equal(plainText('a\u001b[2J\r\n\u009b31m\u007f'), 'a\\x1b[2J\\x0d\\x0a\\x9b31m\\x7f')
  assert.equal(
    plainText('b\u202ec\u200b\u2028\u2029\u{e0041}'),
    'b\\u{202e}c\\u{200b}\\u{2028}\\u{2029}\\u{e0041}',
  )
  assert.equal(plainText('tëam/ápp → 映像 😀'), 'tëam/ápp → 映像 😀')
})

test('what is plain already stays as it is', () => {
  const plain = plainText('a\u001b\u202e')
  assert.equal(plainText(plain), plain)
})

test('words of others make no line of their own', () => {
  assert.equal(plainLines(['one\nok: two', 'three']), 'one\\x0aok: two\nthree')
})

test('columns are as wide as what is shown of their cells', () => {
  assert.deepEqual(
    columns([
      ['a\u001b', 'x'],
      ['bb', 'y\n'],
    ]),
    ['a\\x1b  x', 'bb     y\\x0a'],
  )
})
