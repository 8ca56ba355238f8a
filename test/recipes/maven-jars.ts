import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../../src/clock.ts'
import { readEnvironment } from '../../src/local-stack/environment.ts'
import { cached } from '../../src/local-stack/jar-cache.ts'

/** Paths of the jars that `examples/recipes/<name>/pom.xml` names, fetched by Maven at the first call. */
export async function mavenJars(name: string): Promise<readonly string[]> {
  const pom = `examples/recipes/${name}/pom.xml`
  const pinned = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 8)
  const folder = await cached(
    readEnvironment().cacheDir,
    `recipe-${name}-${pinned}`,
    systemClock,
    async (filling) => {
      await promisify(execFile)('mvn', [
        '--batch-mode',
        '--quiet',
        '--file',
        pom,
        `-Doutput=${filling}`,
        'generate-resources',
      ])
    },
  )
  const jars = join(folder, 'jars')
  return readdirSync(jars).map((jar) => join(jars, jar))
}
