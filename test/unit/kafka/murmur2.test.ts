import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { murmur2 } from '../../../src/kafka/murmur2.ts'
import { partitionOf } from '../../../src/kafka/routing.ts'

test('hashes the test vectors of the Java client as it does', () => {
  // From the test of org.apache.kafka.common.utils.Utils#murmur2.
  const vectors: readonly [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [text, hash] of vectors) assert.equal(murmur2(Buffer.from(text)), hash, text)
})

test('hashes keys of every length of tail, and bytes above 127, as the client library does', () => {
  const partition = kafkajs.Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: 12_289 }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }))
  const agrees = (key: Buffer): void => {
    const theirs = partition({ topic: 't', partitionMetadata, message: { key, value: null } })
    assert.equal(partitionOf(key, partitionMetadata.length), theirs, key.toString('hex'))
  }
  for (let length = 0; length <= 9; length++) {
    agrees(Buffer.alloc(length, 0xff))
    agrees(Buffer.from('abcdefghi'.slice(0, length)))
  }
  agrees(Buffer.from('größe/日本語/🐳'))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => agrees(Buffer.from(bytes))),
    { numRuns: 2_000 },
  )
})
