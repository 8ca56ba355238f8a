import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { withFillLock } from './fill-lock.ts'
import { makeWritable } from './writable-folder.ts'

/** A server that Maven can fetch: a folder of `stack/` with a pom.xml that names its version. */
export interface Part {
  /** Folder of `stack/`. */
  readonly name: string
  /** For a person. */
  readonly title: string
  readonly version: string
  readonly pom: string
  /** What the download weighs, for the progress display. */
  readonly bytes: number
  /** Folder in the cache: changes with the version and with every other change of the pom. */
  readonly key: string
}

/** Reads `stack/<folder>/pom.xml`: the version in it is the only place where the version is written. */
export async function readPart(folder: string): Promise<Part> {
  const pom = fileURLToPath(new URL(`../../stack/${folder}/pom.xml`, import.meta.url))
  const text = await readFile(pom, 'utf8')
  const version = /<artifactId>[^<]*<\/artifactId>\s*<version>([^<]+)<\/version>/.exec(text)?.[1]
  const megabytes = /<stack\.megabytes>(\d+)</.exec(text)?.[1]
  if (version === undefined || megabytes === undefined) {
    throw new RelayError('REAL_PARTS_FAILED', `${pom} names no version or no stack.megabytes`)
  }
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const title = folder.replace(/-java\d+$/, '').replace('-', ' ')
  return {
    name: folder,
    title,
    version,
    pom,
    bytes: Number(megabytes) * 1e6,
    key: `${folder}-${version}-${hash}`,
  }
}

/** Left by a process that was killed while it filled; a fill takes minutes at most. */
const abandonedAfterMs = 24 * 3600 * 1000

/**
 * The folder `key` of the cache, filled by `fill` if it is not there. A folder under its final name is complete:
 * it is filled under another name and renamed. Of two processes that want it at once, one waits for the other; should
 * both fill it all the same, one rename wins, and the other throws its own copy away and uses the winner's.
 */
export async function cached(
  cacheDir: string,
  key: string,
  clock: Clock,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cacheDir, key)
  if (await exists(target)) return target
  await makeWritable(cacheDir, 'for server jars', 'Set REGISTRY_RELAY_CACHE to one that is.')
  await withFillLock(join(cacheDir, `.lock-${key}`), clock, async () => {
    await removeAbandoned(cacheDir, clock.now())
    if (!(await exists(target))) await fillAndRename(cacheDir, key, target, fill)
  })
  return target
}

async function fillAndRename(
  cacheDir: string,
  key: string,
  target: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const filling = join(cacheDir, `.filling-${key}-${randomBytes(6).toString('hex')}`)
  await mkdir(filling)
  try {
    await fill(filling)
    await rename(filling, target)
  } catch (error) {
    await rm(filling, { recursive: true, force: true })
    // Also when our fill failed: what another process completed meanwhile is as good.
    if (!(await exists(target))) throw error
  }
}

async function removeAbandoned(cacheDir: string, now: number): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith('.filling-')) continue
    const path = join(cacheDir, name)
    const changed = await stat(path).then(
      (facts) => facts.mtimeMs,
      () => now,
    )
    if (now - changed > abandonedAfterMs) await rm(path, { recursive: true, force: true })
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** True when nothing has to be fetched. */
export function isCached(cacheDir: string, key: string): Promise<boolean> {
  return exists(join(cacheDir, key))
}
