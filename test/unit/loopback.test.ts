import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback } from '../../src/loopback.ts'

test('knows the names and addresses that can be nothing but this machine', () => {
  for (const host of ['localhost', 'LocalHost', '127.0.0.1', '127.0.1.1', '::1', '[::1]']) {
    assert.equal(isLoopback(host), true, host)
  }
})

test('takes no name for one that only looks like it', () => {
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    '127.evil.example',
    'localhost.evil.example',
  ]) {
    assert.equal(isLoopback(host), false, host)
  }
})
