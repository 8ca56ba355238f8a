import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readEnvironment, type StackEnvironment } from '../../../src/local-stack/environment.ts'
import {
  chooseJava,
  featureVersion,
  findJavas,
  javaAt,
  readJavaSettings,
} from '../../../src/local-stack/java-discovery.ts'
import { releaseFor } from '../../../src/local-stack/java-schema-registry.ts'

test('reads the feature version from old and new version texts', () => {
  const texts = ['1.8.0_402', '11.0.2', '17.0.15', '25', '26-ea', 'nonsense']
  assert.deepEqual(texts.map(featureVersion), [8, 11, 17, 25, 26, 0])
})

test('reads what a Java prints about itself', () => {
  const printed =
    'Property settings:\n    java.home = /opt/my java\n    java.version = 21.0.4\n\nopenjdk version "21.0.4"\n'
  assert.deepEqual(readJavaSettings(printed), { home: '/opt/my java', version: 21 })
  assert.equal(
    readJavaSettings('The operation couldn’t be completed. Unable to locate a Java Runtime.'),
    undefined,
  )
})

test('finds the Javas of variables, path and folders, each once, with the newest folder first', async (t) => {
  const root = await folder(t)
  const named = await makeJava(join(root, 'named'), '17.0.1')
  const onPath = await makeJava(join(root, 'jvm', 'b'), '11.0.1')
  const newer = await makeJava(join(root, 'jvm', 'c'), '25.0.1')
  const older = await makeJava(join(root, 'jvm', 'a'), '21.0.1')
  await symlink(newer, join(root, 'jvm', 'default'))
  await mkdir(join(root, 'bin'))
  await symlink(join(onPath, 'bin', 'java'), join(root, 'bin', 'java'))
  const javas = await findJavas(
    machine({
      javaHomes: [named, join(root, 'nothing')],
      path: [join(root, 'empty'), join(root, 'bin')],
      javaFolders: [join(root, 'jvm')],
    }),
  )
  assert.deepEqual(javas, [
    { home: named, version: 17 },
    { home: onPath, version: 11 },
    { home: newer, version: 25 },
    { home: older, version: 21 },
  ])
  assert.equal(chooseJava(javas, 21)?.home, newer)
  assert.equal(chooseJava(javas, 17)?.home, named)
  assert.equal(chooseJava(javas, 26), undefined)
})

test('asks a Java that has no release file', async (t) => {
  const home = await makeJava(
    join(await folder(t), 'wrapped'),
    undefined,
    'echo "  java.home = /real"; echo "  java.version = 22" >&2',
  )
  assert.deepEqual(await javaAt(home), { home: '/real', version: 22 })
})

test('leaves out a program named java that is none', async (t) => {
  const home = await makeJava(
    join(await folder(t), 'stub'),
    undefined,
    'echo "No Java runtime present" >&2; exit 1',
  )
  assert.equal(await javaAt(home), undefined)
})

test('finds the Java inside a macOS bundle', async (t) => {
  const bundle = join(await folder(t), 'temurin-21.jdk')
  const home = await makeJava(join(bundle, 'Contents', 'Home'), '21.0.2')
  assert.deepEqual(await javaAt(bundle), { home, version: 21 })
})

test('runs the newest schema registry that the Java is good enough for', () => {
  assert.deepEqual(
    [11, 17, 20, 21, 25].map((version) => releaseFor(version)?.part),
    [
      undefined,
      'schema-registry-java17',
      'schema-registry-java17',
      'schema-registry-java21',
      'schema-registry-java21',
    ],
  )
})

async function folder(t: TestContext): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'java-discovery-')))
  t.after(() => rm(made, { recursive: true }))
  return made
}

async function makeJava(home: string, version: string | undefined, script = 'exit 1'): Promise<string> {
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(join(home, 'bin', 'java'), `#!/bin/sh\n${script}\n`)
  await chmod(join(home, 'bin', 'java'), 0o755)
  if (version !== undefined)
    await writeFile(join(home, 'release'), `IMPLEMENTOR="X"\nJAVA_VERSION="${version}"\n`)
  return home
}

function machine(parts: Partial<StackEnvironment>): StackEnvironment {
  return { ...readEnvironment({}), ...parts }
}
