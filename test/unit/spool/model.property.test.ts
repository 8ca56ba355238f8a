import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The long form, `npm run test:spool-model`, tries 100,000 unless told otherwise.
const sequences = 4_000

test('whatever is appended, read, acked, cut off and refused by the disk: nothing confirmed is lost, nothing refused comes', async (t) => {
  // In a process of its own: the hooks of the test runner see every promise, and make these millions ten times slower.
  const script = fileURLToPath(import.meta.resolve('../../../scripts/spool-model.ts'))
  const child = spawn(process.execPath, ['--import', 'tsx', script, '--runs', String(sequences)])
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      output += part.toString()
      // At once: a run that is stopped from outside says nothing at its end.
      if (output.length === part.length) process.stderr.write(`spool model: ${output}`)
    })
  }
  const [code] = await once(child, 'close')
  assert.equal(code, 0, output)
  const [, held, distinct] = /all (\d+) held, (\d+) of them distinct/.exec(output) ?? []
  assert.equal(Number(held), sequences, output)
  // The shortest sequences come more than once.
  assert.ok(Number(distinct) > sequences * 0.95, output)
})
