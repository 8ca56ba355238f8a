import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { images, variableOf } from '../../../src/local-stack/docker-way.ts'
import { readPart } from '../../../src/local-stack/jar-cache.ts'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'

test('the images are those of docker-compose.yml, and their versions those of the jars', async () => {
  const text = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
  const { services } = parse(text, { merge: true })
  assert.equal(images.kafka, services.kafka.image)
  assert.equal(images.schemaRegistry, services['schema-registry'].image)
  assert.equal(images.kafka, `apache/kafka:${(await readPart('kafka')).version}`)
  const registry = await readPart('schema-registry-java21')
  assert.equal(images.schemaRegistry, `apicurio/apicurio-registry:${registry.version}`)
})

test('docker-compose.yml publishes ports on the loopback address only', async () => {
  const text = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
  const { services } = parse(text, { merge: true })
  const ports = Object.values<{ ports?: string[] }>(services).flatMap((service) => service.ports ?? [])
  assert.ok(ports.length >= 5)
  for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
})

test('names settings of the broker as its image reads them', () => {
  assert.equal(variableOf('log.dirs'), 'KAFKA_LOG_DIRS')
  assert.equal(variableOf('a_b.c-d'), 'KAFKA_A__B_C___D')
})

test('a daemon that does not answer is one line, and nothing is started', async (t) => {
  const docker = await fakeDocker(t, 'exit 1')
  await assert.rejects(start(docker), {
    code: 'REAL_PARTS_MISSING',
    message: /docker: no Docker daemon answers\n/,
  })
  assert.deepEqual(await docker.calls(), ['version --format {{.Server.Version}}'])
})

test('a daemon of another machine is not asked', async (t) => {
  const docker = await fakeDocker(t, 'exit 0')
  await assert.rejects(start(docker, { DOCKER_HOST: 'tcp://far:2376' }), {
    message: /docker: the Docker daemon is on another machine \(DOCKER_HOST=tcp:\/\/far:2376\)/,
  })
  assert.deepEqual(await docker.calls(), [])
})

test('to keep data in a folder is refused with Docker, which is not advised then, and asks no daemon', async (t) => {
  const docker = await fakeDocker(t, 'exit 0')
  const dataDir = await mkdtemp(join(tmpdir(), 'docker-keep-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const kept = startLocalStack({ ways: ['docker'], environment: docker.variables, dataDir })
  await assert.rejects(kept, (error: Error) => {
    assert.equal('code' in error && error.code, 'REAL_PARTS_MISSING')
    assert.match(error.message, /docker: containers keep no data in a folder of this machine\n/)
    assert.match(error.message, /demo: leave --keep out/)
    assert.doesNotMatch(error.message, /install Docker/)
    return true
  })
  assert.deepEqual(await docker.calls(), [])
})

test('an image that cannot be had is one line with what Docker said, and the pull shows its layers', async (t) => {
  const docker = await fakeDocker(
    t,
    `case "$1" in
      version) exit 0 ;;
      image) exit 1 ;;
      pull) echo "a1: Pulling fs layer"; echo "b2: Already exists"; echo "a1: Pull complete"; echo "no space left" >&2; exit 1 ;;
    esac`,
  )
  const seen: string[] = []
  const started = startLocalStack({
    ways: ['docker'],
    environment: docker.variables,
    onProgress: ({ detail }) => seen.push(detail),
  })
  await assert.rejects(started, {
    code: 'REAL_PARTS_MISSING',
    message: /docker: the image apache\/kafka:4\.3\.1 cannot be had \(no space left\)/,
  })
  assert.ok(seen.includes('image apache/kafka:4.3.1: 2 of 2 layers'), seen.join('\n'))
})

test('a container that ends at once fails with its last lines, and every container is removed', async (t) => {
  const docker = await fakeDocker(t, 'if [ "$1" = run ]; then echo "exec format error"; exit 1; fi')
  await assert.rejects(start(docker), (error: Error) => {
    assert.equal('code' in error && error.code, 'REAL_PARTS_FAILED')
    assert.match(
      error.message,
      /did not start: it ended with exit status 1\. Its last lines:\n {2}exec format error/,
    )
    return true
  })
  const calls = await docker.calls()
  const names = calls.filter((call) => call.startsWith('run ')).map((call) => call.split(' ')[2])
  assert.equal(names.length, 2)
  for (const name of names) assert.ok(calls.includes(`rm --force --volumes ${name}`), name)
  for (const call of calls)
    if (call.startsWith('run ')) assert.match(call, / --publish 127\.0\.0\.1:\d+:\d+ /)
})

interface FakeDocker {
  readonly variables: Record<string, string>
  calls(): Promise<string[]>
}

/** A command named docker that writes down how it was called. */
async function fakeDocker(t: TestContext, script: string): Promise<FakeDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-docker-'))
  t.after(() => rm(folder, { recursive: true }))
  const calls = join(folder, 'calls')
  await writeFile(join(folder, 'docker'), `#!/bin/sh\necho "$*" >>'${calls}'\n${script}\n`)
  await chmod(join(folder, 'docker'), 0o755)
  return {
    variables: { PATH: `${folder}:/usr/bin:/bin` },
    calls: async () =>
      (await readFile(calls, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
  }
}

function start(docker: FakeDocker, variables: Record<string, string> = {}): Promise<unknown> {
  return startLocalStack({ ways: ['docker'], environment: { ...docker.variables, ...variables } })
}
