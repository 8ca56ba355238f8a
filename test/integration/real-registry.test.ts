import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readEnvelope } from '../../src/event/envelope.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { startRelay } from '../support/relay.ts'
import { until } from '../support/until.ts'

const registryCommand = process.env['REGISTRY_RELAY_DISTRIBUTION'] ?? 'docker-registry'
const installed = spawnSync(registryCommand, ['--version']).status === 0
// Where everything is meant to be installed, a registry that is missing is a failure, not a reason to skip.
const skip =
  installed || process.env['CI'] === 'true'
    ? false
    : `no ${registryCommand} on this machine (Debian: apt-get install docker-registry)`

test('a real registry: push, pull, mount and delete of an image arrive at the receiver', {
  skip,
}, async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)
  const registry = await startRegistry(t, relay.url)

  const layer = Buffer.from('not really a layer')
  const image = Buffer.from('{}')
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digest(image),
        size: image.length,
      },
      layers: [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digest(layer), size: layer.length },
      ],
    }),
  )
  await pushBlob(registry, 'team/app', layer)
  await pushBlob(registry, 'team/app', image)
  const tagged = `${registry}/v2/team/app/manifests/1.0`
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  await expectStatus(201, tagged, {
    method: 'PUT',
    body: manifest,
    headers: { 'content-type': manifestType },
  })
  await expectStatus(200, tagged, { headers: { accept: manifestType } })
  await expectStatus(200, `${registry}/v2/team/app/blobs/${digest(layer)}`)
  await expectStatus(201, `${registry}/v2/team/copy/blobs/uploads/?mount=${digest(layer)}&from=team/app`, {
    method: 'POST',
  })
  await expectStatus(202, `${registry}/v2/team/app/manifests/${digest(manifest)}`, { method: 'DELETE' })
  await expectStatus(202, `${registry}/v2/team/app/blobs/${digest(layer)}`, { method: 'DELETE' })

  const expected = [
    `push team/app ${digest(layer)}`,
    `push team/app ${digest(image)}`,
    `push team/app ${digest(manifest)} 1.0`,
    `pull team/app ${digest(manifest)} 1.0`,
    `pull team/app ${digest(layer)}`,
    `delete team/app ${digest(manifest)}`,
    'delete team/app 1.0',
    `delete team/app ${digest(layer)}`,
    `mount team/copy ${digest(layer)} <- team/app`,
  ]
  await relay.receivedAtLeast(expected.length)
  const arrived = relay.received.flatMap(({ body, contentType }) => {
    assert.equal(contentType, 'application/vnd.docker.distribution.events.v1+json')
    return readEnvelope(body).map(({ event: { action, target } }) =>
      [
        action,
        target?.repository,
        target?.digest,
        target?.tag,
        target?.fromRepository && `<- ${target.fromRepository}`,
      ]
        .filter((part) => part !== undefined)
        .join(' '),
    )
  })
  const of = (repository: string): string[] => arrived.filter((line) => line.split(' ')[1] === repository)
  assert.deepEqual([...of('team/app'), ...of('team/copy')], expected)
})

/** A registry of this test's own, its notifications pointed at the gateway. Stopped when the test ends. */
async function startRegistry(t: TestContext, notifications: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-registry-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const port = await freePort()
  const file = join(folder, 'config.yml')
  writeFileSync(
    file,
    `
version: 0.1
log: { level: error }
storage: { inmemory: {}, delete: { enabled: true } }
http: { addr: "127.0.0.1:${port}" }
notifications:
  endpoints:
    - { name: relay, url: "${notifications}", timeout: 1s, threshold: 5, backoff: 1s }
`,
  )
  const child = spawn(registryCommand, ['serve', file], { stdio: 'ignore' })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  t.after(async () => {
    child.kill()
    await exited
  })
  const url = `http://127.0.0.1:${port}`
  await until(
    () =>
      fetch(`${url}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    { what: () => 'the registry answers' },
  )
  return url
}

async function pushBlob(registry: string, repository: string, content: Buffer): Promise<void> {
  const started = await expectStatus(202, `${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const location = new URL(started.headers.get('location') ?? '', registry)
  location.searchParams.set('digest', digest(content))
  await expectStatus(201, location.href, {
    method: 'PUT',
    body: content,
    headers: { 'content-type': 'application/octet-stream' },
  })
}

async function expectStatus(status: number, url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  assert.equal(response.status, status, `${init?.method ?? 'GET'} ${url}: ${await response.clone().text()}`)
  return response
}

function digest(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
