import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Child, temporaryFolder } from './child.ts'

test('a second process is refused; after a kill -9 of the first exactly one of many takes the spool over', async (t) => {
  const folder = join(await temporaryFolder(t), 'spool')
  const first = new Child(t, [folder, '3'])
  await first.says('done')
  const second = new Child(t, [folder])
  await second.says('SPOOL_LOCKED')
  assert.deepEqual(second.lines, ['SPOOL_LOCKED'])
  await first.kill()

  const heirs = Array.from({ length: 4 }, () => new Child(t, [folder, '1']))
  await Promise.all(heirs.map((heir) => heir.says('done')))
  const outcomes = heirs.map(({ lines }) => lines.join(' ')).sort()
  assert.deepEqual(outcomes, ['SPOOL_LOCKED', 'SPOOL_LOCKED', 'SPOOL_LOCKED', 'open ok done'])
  await Promise.all(heirs.map((heir) => heir.end()))

  const last = new Child(t, [folder])
  await last.says('done')
  assert.deepEqual(last.lines, ['open', 'done'])
  await last.end()
})
