import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { LineOutput } from '../../../src/cli/line-output.ts'
import { settle } from '../../support/manual-clock.ts'

class ScriptedStream extends EventEmitter {
  readonly written: string[] = []
  full = false

  write(text: string): boolean {
    this.written.push(text)
    return !this.full
  }
}

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code })
}

test('a line is waited for as long as its reader is behind', async () => {
  const stream = new ScriptedStream()
  const output = new LineOutput(stream)
  await output.line('a')
  stream.full = true
  let taken = false
  const second = output.line('b').then(() => {
    taken = true
  })
  await settle()
  assert.equal(taken, false)
  stream.emit('drain')
  await second
  assert.deepEqual(stream.written, ['a\n', 'b\n'])
})

test('a reader that left is no failure: nothing waits for it, and nothing more is written', async () => {
  const stream = new ScriptedStream()
  const output = new LineOutput(stream)
  stream.full = true
  const waiting = output.line('a')
  stream.emit('error', errorOf('EPIPE'))
  await waiting
  await output.line('b')
  assert.deepEqual([stream.written, output.broken], [['a\n'], undefined])
})

test('an output that cannot be written is one', () => {
  const stream = new ScriptedStream()
  const output = new LineOutput(stream)
  stream.emit('error', errorOf('ENOSPC'))
  assert.equal(output.broken?.message, 'ENOSPC')
})

test('whoever waits for the end of the output goes on once its reader left, and not before', async () => {
  const stream = new ScriptedStream()
  const output = new LineOutput(stream)
  let ended = false
  const end = output.closed.then(() => {
    ended = true
  })
  await output.line('a')
  await settle()
  assert.equal(ended, false)
  stream.emit('error', errorOf('EPIPE'))
  await end
})
