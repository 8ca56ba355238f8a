import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { OutputWatch } from '../../../src/cli/output-watch.ts'

function bedFor() {
  const [out, errors] = [new EventEmitter(), new EventEmitter()]
  const said: string[] = []
  let broken = 0
  const watch = new OutputWatch({
    ...{ out, errors, tell: (line: string) => said.push(line) },
    onBroken: () => {
      broken += 1
    },
  })
  return { out, errors, said, watch, broken: () => broken }
}

const errorOf = (code: string): Error => Object.assign(new Error(code), { code })

test('that nobody reads an output any more ends nothing, is not said and changes no exit code', () => {
  const { out, errors, said, watch, broken } = bedFor()
  for (const stream of [out, errors, out]) stream.emit('error', errorOf('EPIPE'))
  assert.deepEqual([said, broken(), watch.codeOf(0), watch.codeOf(78)], [[], 0, 0, 78])
})

test('an output that cannot be written is said once, and a command that would have ended well ends with 1', () => {
  const { out, said, watch, broken } = bedFor()
  for (let line = 0; line < 3; line += 1) out.emit('error', errorOf('ENOSPC'))
  assert.deepEqual([said, broken()], [['standard output cannot be written: ENOSPC'], 1])
  assert.deepEqual([watch.codeOf(0), watch.codeOf(2), watch.codeOf(78)], [1, 2, 78])
})
