import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StackEnvironment } from './environment.ts'
import { cached, isCached, type Part, readPart } from './jar-cache.ts'
import type { Java } from './java-discovery.ts'
import { makeBootstrap } from './java-kafka.ts'
import { runMaven } from './maven.ts'
import type { WayOptions } from './way.ts'

/** Reads the poms of the named folders of `stack/`. */
export function partsFor(names: readonly string[]): Promise<readonly Part[]> {
  return Promise.all(names.map(readPart))
}

/** Why the parts cannot be fetched, or undefined. Maven is needed only while something is not in the cache. */
export async function lackingMaven(
  environment: StackEnvironment,
  parts: readonly Part[],
): Promise<string | undefined> {
  const { cacheDir, path } = environment
  const there = await Promise.all(parts.map((part) => isCached(cacheDir, part.key)))
  if (there.every(Boolean)) return undefined
  const programs = await Promise.all(path.map((folder) => stat(join(folder, 'mvn')).catch(() => undefined)))
  if (programs.some((facts) => facts?.isFile())) return undefined
  return `no Maven (no mvn on the PATH), and the servers are not in ${cacheDir} yet`
}

/** The folder of a part, fetched if this is the first time. Fails with REAL_PARTS_FAILED. */
export function install(options: WayOptions, part: Part, java: Java): Promise<string> {
  const { environment, clock, onProgress } = options
  return cached(environment.cacheDir, part.key, clock, async (folder) => {
    let most = 0
    const report = (bytes: number): void => {
      // Maven counts what is under way and what is done in different lines; between the two the sum may fall.
      most = Math.max(most, bytes)
      onProgress({
        step: 'download',
        detail: `${part.title} ${part.version}`,
        done: most,
        total: Math.max(most, part.bytes),
      })
    }
    report(0)
    const run = { pom: part.pom, output: folder, javaHome: java.home, variables: environment.variables }
    await runMaven({ ...run, clock, onFetched: report })
    if (part.name === 'kafka') await makeBootstrap(folder, java.home)
  })
}
