import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type LocalStackOptions, startLocalStack } from '../../../src/local-stack/local-stack.ts'

test('a data folder that is a file, or below one, is named before anything is looked for', async (t) => {
  const { file } = await machine(t)
  await assert.rejects(startLocalStack({ ways: [], dataDir: file }), {
    code: 'CONFIG_INVALID',
    message: `${file} is no folder to keep data in: it is a file. Name another one.`,
  })
  await assert.rejects(startLocalStack({ ways: [], dataDir: join(file, 'data') }), {
    code: 'CONFIG_INVALID',
    message: /: a part of this path is a file\./,
  })
})

test('a cache folder that cannot be made is named, with the variable that names another one', async (t) => {
  const { file, java } = await machine(t)
  await assert.rejects(startLocalStack(java({ HOME: file })), {
    code: 'CONFIG_INVALID',
    message:
      `${file}/.cache/registry-relay is no folder for server jars: a part of this path is a file. ` +
      'Set REGISTRY_RELAY_CACHE to one that is.',
  })
})

test('a relative cache folder is that of this process, whatever folder the servers run in', async (t) => {
  const { file, java } = await machine(t)
  const cacheDir = relative(process.cwd(), file)
  await assert.rejects(startLocalStack({ ...java({}), cacheDir }), {
    message: new RegExp(`^${file} is no folder`),
  })
})

/** A file where a folder should be, and options for a machine with a Java and a Maven that are never run. */
async function machine(
  t: TestContext,
): Promise<{ file: string; java: (variables: Record<string, string>) => LocalStackOptions }> {
  const root = await mkdtemp(join(tmpdir(), 'writable-folder-'))
  t.after(() => rm(root, { recursive: true }))
  const file = join(root, 'file')
  await writeFile(file, '')
  await mkdir(join(root, 'bin'))
  await writeFile(join(root, 'bin', 'java'), '')
  await writeFile(join(root, 'bin', 'mvn'), '')
  await writeFile(join(root, 'release'), 'JAVA_VERSION="21.0.1"\n')
  const java = (variables: Record<string, string>): LocalStackOptions => ({
    ways: ['java'],
    javaHome: root,
    environment: { PATH: join(root, 'bin'), ...variables },
  })
  return { file, java }
}
