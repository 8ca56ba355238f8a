import { rmSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { readEnvironment } from '../../../src/local-stack/environment.ts'
import { findJavas } from '../../../src/local-stack/java-discovery.ts'
import type { LocalStackOptions } from '../../../src/local-stack/local-stack.ts'

export interface RegistryChoice {
  /** For the name of a test. */
  readonly name: string
  readonly options: LocalStackOptions
}

/**
 * The implementations of a schema registry that this machine can run, in stacks of their own, whose servers can be ended: the
 * release for Java 21 and the one for Java 17 answer differently in a dozen places. Without a Java, the one in a container.
 * `ran` says which of them these are, for the diagnostics of a test: a run with one of two proves less.
 */
export async function registryChoices(): Promise<{
  readonly choices: readonly RegistryChoice[]
  readonly ran: string
}> {
  const javas = await findJavas(readEnvironment())
  const choices: readonly (readonly [string, string | undefined])[] = [
    ['Apicurio 3', javas.find(({ version }) => version >= 21)?.home],
    ['Apicurio 2', javas.find(({ version }) => version >= 17 && version < 21)?.home],
  ]
  const byJava = choices.flatMap(([name, javaHome]) =>
    javaHome === undefined ? [] : [{ name, options: { javaHome, ways: ['java'] as const } }],
  )
  const container: RegistryChoice = { name: 'a registry in a container', options: { ways: ['docker'] } }
  const run = byJava.length > 0 ? byJava : [container]
  const missing = choices.flatMap(([name, javaHome]) => (javaHome === undefined ? [name] : []))
  const without = missing.length === 0 ? '' : `; without ${missing.join(' and ')}, as its Java is not here`
  return { choices: run, ran: `run with ${run.map(({ name }) => name).join(' and ')}${without}` }
}

/** A folder for the data of a stack, removed at the end of the test. */
export async function dataFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-data-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** Takes away what the registry knew, which must not be running. */
export async function wipeRegistry(dataDir: string): Promise<void> {
  const [folder] = (await readdir(dataDir)).filter((name) => name.startsWith('schema-registry'))
  if (folder === undefined) throw new Error(`no registry in ${dataDir}`)
  for (const name of await readdir(join(dataDir, folder))) {
    rmSync(join(dataDir, folder, name), { recursive: true })
  }
}
