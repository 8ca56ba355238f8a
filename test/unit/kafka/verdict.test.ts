import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batch } from '../../../src/kafka/accumulator/batch.ts'
import { judge } from '../../../src/kafka/verdict.ts'
import { entriesOf } from './accumulator/entries.ts'
import { protocolError } from './scripted-producer.ts'

function batchOf(partition: number, records = 2): Batch {
  const entries = entriesOf(Array(records).fill('x'))
  return new Batch(
    partition,
    entries,
    entries.flatMap((entry) => entry.toWire() ?? []),
  )
}

const kinds = (verdicts: readonly { kind: string }[]): string[] => verdicts.map(({ kind }) => kind)
const reply = (partition: number, errorCode = 0) => ({ partition, errorCode, baseOffset: '7' })

test('P1 (rule 5): a batch is confirmed by exactly one answer without error', () => {
  const [a, b] = [batchOf(0), batchOf(1)]
  assert.deepEqual(kinds(judge('t', [a, b], { replies: [reply(1), reply(0)] })), ['confirmed', 'confirmed'])
  assert.deepEqual(kinds(judge('t', [a, b], { replies: [reply(1)] })), ['suspect', 'confirmed'])
  assert.deepEqual(kinds(judge('t', [a], { replies: [reply(0), reply(0)] })), ['suspect'])
  assert.deepEqual(kinds(judge('t', [a], { replies: [reply(0, 6)] })), ['suspect'])
  assert.deepEqual(kinds(judge('t', [a], { replies: [] })), ['suspect'])
})

test('P12 (rule 6): an error of a group makes every batch of it a suspect, whatever it says', () => {
  for (const error of [
    protocolError('MESSAGE_TOO_LARGE', 10),
    protocolError('DUPLICATE_SEQUENCE_NUMBER', 46),
    protocolError('OUT_OF_ORDER_SEQUENCE_NUMBER', 45),
    new Error('anything'),
  ]) {
    assert.deepEqual(kinds(judge('t', [batchOf(0), batchOf(1)], { error })), ['suspect', 'suspect'])
  }
})

test('an error of a batch alone is its own', () => {
  const alone = (records: number, type: string, code: number): string[] =>
    kinds(judge('t', [batchOf(0, records)], { error: protocolError(type, code) }))
  assert.deepEqual(alone(2, 'MESSAGE_TOO_LARGE', 10), ['split'])
  assert.deepEqual(alone(1, 'MESSAGE_TOO_LARGE', 10), ['refused'])
  assert.deepEqual(alone(2, 'DUPLICATE_SEQUENCE_NUMBER', 46), ['confirmed'])
  assert.deepEqual(alone(2, 'NOT_ENOUGH_REPLICAS', 19), ['suspect'])
})
