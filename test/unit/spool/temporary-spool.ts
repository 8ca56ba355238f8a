import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { FileSpool, type FileSpoolOptions } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'

/** A path two levels below a folder that goes with the test; nothing is there yet. */
export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spool-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'a', 'b')
}

export function openSpool(folder: string, more: Partial<FileSpoolOptions> = {}): Promise<FileSpool> {
  return FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses, ...more })
}

/** The contents of one read, as text. */
export async function texts(spool: FileSpool): Promise<string[]> {
  const records = await spool.read({ records: 10_000, bytes: 1 << 24 })
  return records.map(({ content }) => content.toString())
}

export async function recentTexts(
  spool: FileSpool,
  limits: { readonly sinceMs?: number; readonly records?: number } = {},
): Promise<string[]> {
  const found: string[] = []
  for await (const { content } of spool.recent({ sinceMs: 0, records: 1e9, ...limits })) {
    found.push(content.toString())
  }
  return found
}

/** Appends each alone, then closes. */
export async function filled(
  folder: string,
  contents: readonly string[],
  more: Partial<FileSpoolOptions> = {},
): Promise<void> {
  const spool = await openSpool(folder, more)
  for (const content of contents) await spool.append(Buffer.from(content))
  await spool.close()
}

/** Paths of the segments, oldest first. */
export async function segmentsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.segment')).sort()
  return names.map((name) => join(folder, name))
}

export async function onlySegmentIn(folder: string): Promise<string> {
  const [path, ...more] = await segmentsIn(folder)
  assert.ok(path)
  assert.deepEqual(more, [])
  return path
}
