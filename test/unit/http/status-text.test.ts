import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { statusKey } from '../../../src/http/status-text.ts'

test('an unknown status keeps the blank and has no words', () => {
  assert.deepEqual([299, 306, 499, 999].map(statusKey), ['299 ', '306 ', '499 ', '999 '])
})

test('the words differ from those of Node.js only where Go has others', () => {
  const differing = Object.entries(STATUS_CODES)
    .filter(([code]) => Number(code) >= 200)
    .filter(([code, words]) => statusKey(Number(code)) !== `${code} ${words}`)
    .map(([code]) => statusKey(Number(code)))
  assert.deepEqual(differing, [
    '413 Request Entity Too Large',
    '414 Request URI Too Long',
    '416 Requested Range Not Satisfiable',
    "418 I'm a teapot",
    '509 ',
  ])
})
