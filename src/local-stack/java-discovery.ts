import { execFile } from 'node:child_process'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StackEnvironment } from './environment.ts'

export interface Java {
  /** The folder that has `bin/java` in it. */
  readonly home: string
  /** Feature version: 8, 17, 21, 25. */
  readonly version: number
}

/** A wrapper that waits for a person or the network must not hold up the start. */
const askTimeoutMs = 10_000

/**
 * Every Java of the machine, best known first: those named by variables, then the one on the path, then those in the
 * system's folders with the newest first. A named folder without a working Java is left out.
 */
export async function findJavas(environment: StackEnvironment): Promise<readonly Java[]> {
  const named = await Promise.all(environment.javaHomes.map(javaAt))
  const onPath = await javaOnPath(environment.path)
  const folders = await Promise.all(environment.javaFolders.map(foldersIn))
  const installed = await Promise.all(folders.flat().map(javaAt))
  const found = new Map<string, Java>()
  for (const java of [...named, onPath, ...installed.sort((a, b) => (b?.version ?? 0) - (a?.version ?? 0))]) {
    if (java !== undefined && !found.has(java.home)) found.set(java.home, java)
  }
  return [...found.values()]
}

/** The first Java of at least `version`. */
export function chooseJava(javas: readonly Java[], version: number): Java | undefined {
  return javas.find((java) => java.version >= version)
}

/** The Java in a folder; on macOS the folder may be the one around `Contents/Home`. */
export async function javaAt(folder: string): Promise<Java | undefined> {
  for (const home of [folder, join(folder, 'Contents', 'Home')]) {
    const program = join(home, 'bin', 'java')
    if (!(await isFile(program))) continue
    // Resolved, because distributions link several names to one Java.
    const resolved = await realpath(home)
    return javaFrom(resolved, await readRelease(resolved)) ?? (await askJava(program))
  }
  return undefined
}

/** The file is there in every modern Java but one made by jlink without it; reading it is 100 x faster than asking. */
async function readRelease(home: string): Promise<string> {
  return readFile(join(home, 'release'), 'utf8').catch(() => '')
}

function javaFrom(home: string, release: string): Java | undefined {
  const version = /^JAVA_VERSION="?([^"\s]+)"?$/m.exec(release)?.[1]
  return version === undefined ? undefined : { home, version: featureVersion(version) }
}

/** `1.8.0_402` is 8, `17.0.15` is 17, `25` and `26-ea` are what they say. */
export function featureVersion(text: string): number {
  const numbers = /^(?:1\.)?(\d+)/.exec(text)
  return numbers?.[1] === undefined ? 0 : Number(numbers[1])
}

async function javaOnPath(path: readonly string[]): Promise<Java | undefined> {
  for (const folder of path) {
    const program = join(folder, 'java')
    if (!(await isFile(program))) continue
    const home = dirname(dirname(await realpath(program)))
    return javaFrom(home, await readRelease(home)) ?? (await askJava(program))
  }
  return undefined
}

/**
 * The program may be a wrapper of a version manager (or macOS's stub that only says where to get Java): only the Java
 * behind it knows its home.
 */
async function askJava(program: string): Promise<Java | undefined> {
  const said = await new Promise<string>((resolve) => {
    execFile(
      program,
      ['-XshowSettings:properties', '-version'],
      { timeout: askTimeoutMs },
      (error, stdout, stderr) => resolve(error === null ? `${stdout}\n${stderr}` : ''),
    )
  })
  return readJavaSettings(said)
}

/** Reads what `java -XshowSettings:properties -version` prints. */
export function readJavaSettings(text: string): Java | undefined {
  const home = /^\s*java\.home = (.+)$/m.exec(text)?.[1]?.trim()
  const version = /^\s*java\.version = (.+)$/m.exec(text)?.[1]?.trim()
  if (home === undefined || version === undefined) return undefined
  return { home, version: featureVersion(version) }
}

async function foldersIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => !name.startsWith('.')).map((name) => join(folder, name))
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  )
}
