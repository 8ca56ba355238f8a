import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeText } from '../../../src/operations/size-text.ts'

test('a size has the largest unit of which there is one, and one decimal where it is not whole', () => {
  const sizes = [0, 741, 1_023, 1_024, 1_536, 32 * 1_024 ** 2, 3.26 * 1_024 ** 3, 2 ** 70]
  assert.deepEqual(sizes.map(sizeText), [
    '0 bytes',
    '741 bytes',
    '1023 bytes',
    '1 KiB',
    '1.5 KiB',
    '32 MiB',
    '3.3 GiB',
    '1024 EiB',
  ])
})
