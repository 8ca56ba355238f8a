import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import type { Disk } from '../../../src/spool/disk.ts'
import type { FileSpoolOptions } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { folderOf, openSpool } from './temporary-spool.ts'

async function refused(folder: string, why: RegExp, more: Partial<FileSpoolOptions> = {}): Promise<void> {
  await assert.rejects(openSpool(folder, more), (error) => {
    assert.ok(isRelayError(error, 'SPOOL_FOLDER'), String(error))
    assert.match(error.message, why)
    return true
  })
}

async function usedFolder(t: TestContext): Promise<string> {
  const folder = await folderOf(t)
  const spool = await openSpool(folder)
  await spool.append(Buffer.from('kept'))
  await spool.close()
  return folder
}

test('a folder that is a symbolic link is refused, and nothing is written behind it', async (t) => {
  const folder = await folderOf(t)
  const target = join(dirname(folder), 'target')
  await mkdir(target, { recursive: true, mode: 0o700 })
  await symlink(target, folder)
  await refused(folder, /is a symbolic link/)
  assert.deepEqual(await readdir(target), [])
})

test('a file in its place, and a file on the way to it, are refused', async (t) => {
  const folder = await folderOf(t)
  await mkdir(dirname(folder), { recursive: true })
  await writeFile(folder, '')
  await refused(folder, /EEXIST|is a file/)
  await refused(
    join(folder, 'below'),
    /: a part of this path is a file: name another folder in spool\.folder$/,
  )
})

test('a folder that others may write to is refused with what to do', async (t) => {
  const folder = await usedFolder(t)
  for (const mode of [0o777, 0o770, 0o702]) {
    await chmod(folder, mode)
    await refused(folder, /others may write to it \(mode 0\d+\): chmod 0700/)
  }
  await chmod(folder, 0o755)
  await (await openSpool(folder)).close()
})

test('a symbolic link in the place of any of its files is refused', async (t) => {
  for (const name of ['cursor', 'cursor.tmp', 'lock', '0000000000000009-00000000.segment']) {
    const folder = await usedFolder(t)
    const precious = join(dirname(folder), 'precious')
    await writeFile(precious, 'precious')
    await symlink(precious, join(folder, name))
    await refused(folder, /is a symbolic link: take it away/)
  }
})

test('a link that is put there after the check is not followed', async (t) => {
  const folder = await usedFolder(t)
  const precious = join(dirname(folder), 'precious')
  await writeFile(precious, 'precious')
  const disk: Disk = { ...nodeDisk, inspect: async () => ({ kind: 'file', mode: 0o600, isOurs: true }) }
  await symlink(precious, join(folder, 'cursor'))
  await refused(folder, /it is a file/, { disk })
  await assert.rejects(nodeDisk.open(join(folder, 'cursor')), { code: 'ELOOP' })
})

test('a folder or a file of another user is refused', async (t) => {
  const folder = await usedFolder(t)
  const [name = ''] = (await readdir(folder)).filter((entry) => entry.endsWith('.segment'))
  for (const foreign of [folder, join(folder, name)]) {
    const disk: Disk = {
      ...nodeDisk,
      inspect: async (path) => ({ ...(await nodeDisk.inspect(path)), isOurs: path !== foreign }),
    }
    await refused(folder, /belongs to another user/, { disk })
  }
  assert.equal((await nodeDisk.inspect(folder)).isOurs, true)
  // Only root can give a file away.
  if (process.geteuid?.() === 0) {
    await chown(folder, 65_534, 65_534)
    await refused(folder, /belongs to another user/)
  }
})

test('where nothing can be written it is refused with the reason of the file system', async (t) => {
  const folder = await folderOf(t)
  for (const code of ['EROFS', 'EACCES']) {
    const disk: Disk = {
      ...nodeDisk,
      create: () => Promise.reject(Object.assign(new Error(`${code}: not here`), { code })),
    }
    await refused(folder, new RegExp(`cannot be used: ${code}`), { disk })
  }
})
