import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError } from 'commander'
import { httpUrl, positiveNumber, positiveWhole, texts, wholeNumber } from '../../../src/cli/option-values.ts'

function refuses(parse: (text: string) => unknown, ...values: readonly string[]): void {
  for (const value of values) assert.throws(() => parse(value), InvalidArgumentError, value)
}

test('an option that comes several times is a list of what is not empty', () => {
  assert.deepEqual(texts('b', texts('a')), ['a', 'b'])
  refuses(texts, '')
})

test('numbers are decimal digits, and what only looks like a number is refused', () => {
  assert.deepEqual([wholeNumber('0'), wholeNumber('1234567890')], [0, 1_234_567_890])
  refuses(wholeNumber, '', '-1', '1.5', '0x10', '1e3', ' 1')
  assert.equal(positiveWhole('7'), 7)
  refuses(positiveWhole, '0', '07', '1.0', '')
  assert.deepEqual([positiveNumber('0.5'), positiveNumber('20')], [0.5, 20])
  refuses(positiveNumber, '0', '0.0', '-1', '.5', 'Infinity', '1e3')
})

test('a URL is one of HTTP, and stays as it was written', () => {
  assert.equal(httpUrl('HTTPS://a.example'), 'HTTPS://a.example')
  refuses(httpUrl, 'a.example', 'ftp://a.example/', '')
})
