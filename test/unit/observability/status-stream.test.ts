import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { maxStreams, StatusStream } from '../../../src/observability/status-stream.ts'

/** Reads until it is told not to. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = []
  writableNeedDrain = false
  destroyed = false

  write(text: string): boolean {
    this.written.push(text)
    return true
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function joined(stream: StatusStream): FakeResponse {
  const response = new FakeResponse()
  stream.add(response as unknown as ServerResponse, '{"n":0}')
  return response
}

test('sends the first snapshot at once, and every further one', () => {
  const stream = new StatusStream()
  const page = joined(stream)
  stream.send('{"n":1}')
  assert.deepEqual(page.written, ['retry: 2000\ndata: {"n":0}\n\n', 'data: {"n":1}\n\n'])
})

test('forgets a page that has gone', () => {
  const stream = new StatusStream()
  const page = joined(stream)
  page.emit('close')
  stream.send('{"n":1}')
  assert.equal(stream.size, 0)
  assert.equal(page.written.length, 1)
})

test('passes over a page that does not read, and cuts it off when that lasts; others go on', () => {
  const stream = new StatusStream()
  const [slow, fast] = [joined(stream), joined(stream)]
  slow.writableNeedDrain = true
  for (let n = 1; n <= 4; n++) stream.send('{}')
  assert.equal(slow.written.length, 1)
  assert.equal(slow.destroyed, false)
  stream.send('{}')
  assert.equal(slow.destroyed, true)
  assert.equal(stream.size, 1)
  assert.equal(fast.written.length, 6)
})

test('a page that reads again in time has its whole patience back', () => {
  const stream = new StatusStream()
  const page = joined(stream)
  for (let round = 0; round < 3; round++) {
    page.writableNeedDrain = true
    for (let n = 0; n < 4; n++) stream.send('{}')
    page.writableNeedDrain = false
    stream.send('{}')
  }
  assert.equal(page.destroyed, false)
  assert.equal(page.written.length, 4)
})

test('is full at its limit, and has room again when a page goes', () => {
  const stream = new StatusStream()
  const pages = Array.from({ length: maxStreams }, () => joined(stream))
  assert.equal(stream.full, true)
  pages[0]?.emit('close')
  assert.equal(stream.full, false)
})

test('cuts all off when it is closed', () => {
  const stream = new StatusStream()
  const pages = [joined(stream), joined(stream)]
  stream.close()
  assert.ok(pages.every(({ destroyed }) => destroyed))
  assert.equal(stream.size, 0)
})
