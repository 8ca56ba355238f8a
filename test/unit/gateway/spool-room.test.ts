import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { SpoolRoom } from '../../../src/gateway/spool-room.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const noSpace = new RelayError('SPOOL_FULL', 'no space left for the spool')
const record = Buffer.from('a notification')

/** Over a spool whose appends end as they are told to, one after the other. */
function roomOver(clock: ManualClock, ...outcomes: readonly (Error | undefined)[]): SpoolRoom {
  const left = [...outcomes]
  return new SpoolRoom({ append: () => settled(left.shift()) }, clock)
}

function settled(error: Error | undefined): Promise<void> {
  return error === undefined ? Promise.resolve() : Promise.reject(error)
}

test('there is no room from an append that is refused for it until one is kept', async () => {
  const room = roomOver(new ManualClock(), undefined, noSpace, undefined)
  await room.append(record)
  assert.equal(room.lacking, undefined)
  await assert.rejects(room.append(record), { code: 'SPOOL_FULL' })
  assert.equal(room.lacking, 'no space left for the spool')
  await room.append(record)
  assert.equal(room.lacking, undefined)
})

test('a refusal is forgotten after a while, or a relay that is sent nothing would never be ready again', async () => {
  const clock = new ManualClock()
  const room = roomOver(clock, noSpace)
  await assert.rejects(room.append(record), { code: 'SPOOL_FULL' })
  await clock.advance(9_999)
  assert.notEqual(room.lacking, undefined)
  await clock.advance(1)
  assert.equal(room.lacking, undefined)
})

test('another failure than a lack of room says nothing about it', async () => {
  const room = roomOver(new ManualClock(), new RelayError('TOO_LARGE', 'it can never fit'))
  await assert.rejects(room.append(record), { code: 'TOO_LARGE' })
  assert.equal(room.lacking, undefined)
})
