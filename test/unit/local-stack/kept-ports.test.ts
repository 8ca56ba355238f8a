import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { portsAsBefore } from '../../../src/local-stack/kept-ports.ts'

test('the ports of the last time are given again', async (t) => {
  const file = await emptyFile(t)
  const first = await portsAsBefore(file, 5)
  assert.equal(new Set(first).size, 5)
  assert.deepEqual(await portsAsBefore(file, 5), first)
})

test('of the ports of the last time one that is taken now is another, also the time after', async (t) => {
  const file = await emptyFile(t)
  const [first, taken, last] = await portsAsBefore(file, 3)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
  const second = await portsAsBefore(file, 3)
  await new Promise((resolve) => server.close(resolve))
  assert.deepEqual([second[0], second[2]], [first, last])
  assert.notEqual(second[1], taken)
  assert.deepEqual(await portsAsBefore(file, 3), second)
})

test('more ports than the last time, or a file that holds none, are no obstacle', async (t) => {
  const file = await emptyFile(t)
  const [one] = await portsAsBefore(file, 1)
  const [again, ...more] = await portsAsBefore(file, 3)
  assert.equal(again, one)
  assert.equal(new Set([again, ...more]).size, 3)
  for (const text of ['', '{}', '["a"]', '[0]', '[70000]']) {
    await writeFile(file, text)
    assert.ok(Number((await portsAsBefore(file, 1))[0]) > 0)
  }
})

async function emptyFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kept-ports-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'ports.json')
}
