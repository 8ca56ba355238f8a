import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameSplitter } from '../../support/fault-proxy/frame-splitter.ts'
import { frame } from '../../support/kafka-bytes.ts'

test('frames come out whole, however the bytes were cut up', () => {
  const frames = [frame(Buffer.from('one')), frame(Buffer.alloc(0)), frame(Buffer.alloc(70_000, 7))]
  const stream = Buffer.concat(frames)
  for (const size of [1, 3, 4, 5, 1_000, stream.length]) {
    const splitter = new FrameSplitter()
    const seen: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) {
      seen.push(...splitter.push(stream.subarray(at, at + size)).map((bytes) => Buffer.from(bytes)))
    }
    assert.deepEqual(seen, frames, `in pieces of ${size}`)
  }
})

test('what cannot be a frame of Kafka is not waited for', () => {
  assert.throws(() => new FrameSplitter().push(Buffer.from('GET / HTTP/1.1\r\n')), /no frame of Kafka/)
  assert.throws(() => new FrameSplitter().push(Buffer.from([0xff, 0xff, 0xff, 0xff])), /no frame of Kafka/)
})
