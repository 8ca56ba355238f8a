import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogBuffer } from '../../../src/local-stack/log-buffer.ts'

test('joins lines that a pipe cut anywhere', () => {
  const log = new LogBuffer()
  for (const part of ['fir', 'st\nsec', 'ond\r', '\nlast']) log.write(part)
  assert.equal(log.text(), 'first\nsecond\nlast')
})

test('keeps only the last lines, whatever the server writes', () => {
  const log = new LogBuffer({ lines: 3 })
  for (let n = 1; n <= 1000; n++) log.write(`line ${n}\n`)
  assert.equal(log.text(), 'line 998\nline 999\nline 1000')
})

test('keeps only the beginning of a long line, also of one that never ends', () => {
  const log = new LogBuffer({ lineLength: 5 })
  for (let n = 0; n < 1000; n++) log.write('abc')
  assert.equal(log.text(), 'abcab')
  log.write('\nnext\n')
  assert.equal(log.text(), 'abcab\nnext')
})

test('shows the last lines indented, and says so when there are none', () => {
  const log = new LogBuffer()
  assert.equal(log.excerpt(), '  (it wrote nothing)')
  log.write('one\ntwo\nthree\n')
  assert.equal(log.excerpt(2), '  two\n  three')
})
