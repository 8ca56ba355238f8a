import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSpool, texts } from '../../unit/spool/temporary-spool.ts'
import { Child, temporaryFolder } from './child.ts'

test('after a real EIO of fdatasync it confirms nothing more, never syncs again, and keeps all it confirmed', async (t) => {
  // The lock and the header of the segment take the first two.
  for (const nth of [3, 4, 9]) {
    const home = await temporaryFolder(t)
    const folder = join(home, 'spool')
    const log = join(home, 'strace')
    const inject = `inject=fdatasync:error=EIO:when=${nth}`
    const child = new Child(
      t,
      [folder, '10'],
      ['strace', '-f', '-e', inject, '-e', 'trace=fdatasync', '-o', log],
    )
    await child.says('done')
    await child.end()
    const confirmed = nth - 3
    assert.deepEqual(child.lines, [
      'open',
      ...Array.from({ length: confirmed }, () => 'ok'),
      ...Array.from({ length: 10 - confirmed }, () => 'SPOOL_FAILED'),
      'done',
    ])
    const syncs = (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes('fdatasync('))
    assert.equal(syncs.length, nth)
    assert.match(syncs.at(-1) ?? '', /EIO.*INJECTED/)

    const spool = await openSpool(folder)
    await spool.append(Buffer.from('end'))
    const got = (await texts(spool)).slice(0, -1)
    // The record whose sync failed may be there or not.
    assert.ok(got.length === confirmed || got.length === confirmed + 1, `${got}`)
    assert.deepEqual(
      got,
      got.map((_, index) => `${index}`),
    )
    await spool.close()
  }
})

test('at the first start each folder that is made is synced into the one above it', async (t) => {
  const home = await temporaryFolder(t)
  const log = join(home, 'strace')
  const child = new Child(
    t,
    [join(home, 'x', 'y', 'z')],
    ['strace', '-f', '-y', '-e', 'trace=fsync', '-o', log],
  )
  await child.says('done')
  await child.end()
  const calls = await readFile(log, 'utf8')
  for (const folder of [home, join(home, 'x'), join(home, 'x', 'y')]) {
    assert.ok(calls.includes(`<${folder}>)`), `${folder} in ${calls}`)
  }
})
