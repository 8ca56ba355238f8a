import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, unframe } from '../../../src/avro/wire-format.ts'
import { isRelayError } from '../../../src/errors.ts'

test('a framed value is zero, the id with its highest byte first, and the datum', () => {
  assert.deepEqual(frame(0x01020304, Buffer.from('ab')), Buffer.from('00010203046162', 'hex'))
  assert.deepEqual(frame(1, Buffer.alloc(0)), Buffer.from('0000000001', 'hex'))
})

test('unframing gives back both parts, up to the largest id', () => {
  for (const schemaId of [0, 1, 0x7fff_ffff, 0xffff_ffff]) {
    assert.deepEqual(unframe(frame(schemaId, Buffer.from('datum'))), {
      schemaId,
      datum: Buffer.from('datum'),
    })
  }
})

test('what has no such frame is not decodable, and the message says what was found', () => {
  const faults: readonly [hex: string, message: RegExp][] = [
    ['', /0 bytes/],
    ['00000001', /4 bytes/],
    ['0100000001', /first byte is 1/],
    ['7b22613a31', /first byte is 123/],
  ]
  for (const [hex, message] of faults) {
    assert.throws(
      () => unframe(Buffer.from(hex, 'hex')),
      (error) => isRelayError(error, 'RECORD_UNDECODABLE') && message.test(error.message),
    )
  }
})
