import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpoolSink } from '../../../src/gateway/spool-sink.ts'
import { eventItem } from './items.ts'

/** A disk that confirms nothing until the test says so. */
class StalledSpool {
  readonly appended: Buffer[] = []
  readonly #confirmations: (() => void)[] = []

  append(content: Buffer): Promise<void> {
    this.appended.push(content)
    return new Promise((resolve) => this.#confirmations.push(resolve))
  }

  confirmAll(): void {
    for (const confirm of this.#confirmations.splice(0)) confirm()
  }
}

const large = (id: string) => eventItem(id, 'x'.repeat(1_000))

test('takes no more than its limit while the disk confirms nothing, though the senders were let go of', async () => {
  const spool = new StalledSpool()
  const sink = new SpoolSink(spool, { maxBytes: 3_000 })
  for (const id of ['1', '2']) {
    const impatience = new AbortController()
    const writing = sink.write([large(id)], { signal: impatience.signal })
    impatience.abort(new Error('the time of the sender is over'))
    await assert.rejects(writing, /the time of the sender/)
  }
  await assert.rejects(sink.write([large('3')]), { code: 'OVER_BUDGET', retriable: true })
  assert.equal(spool.appended.length, 2)

  spool.confirmAll()
  await new Promise(setImmediate)
  const writing = sink.write([large('3')])
  spool.confirmAll()
  await writing
  assert.equal(spool.appended.length, 3)
})

test('takes a write larger than its limit when nothing else is under way', async () => {
  const spool = new StalledSpool()
  const sink = new SpoolSink(spool, { maxBytes: 100 })
  const writing = sink.write([large('1')])
  await assert.rejects(sink.write([eventItem('2')]), { code: 'OVER_BUDGET' })
  spool.confirmAll()
  await writing
})
