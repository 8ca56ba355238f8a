import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { freePorts } from '../../../src/local-stack/free-ports.ts'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import {
  manifestType,
  missingRegistry,
  pushBlob,
  pushImage,
  registryCommand,
  request,
} from '../../support/real-registry.ts'
import { recipeBlock } from '../../support/recipe.ts'
import { startRegistryProcess } from '../../support/registry-process.ts'
import { startRelay } from '../../support/relay.ts'

const recipes = [
  { distribution: '2.8', page: 'distribution-2', title: 'Distribution 2' },
  { distribution: '3.1', page: 'distribution-3', title: 'Distribution 3' },
] as const

for (const { distribution, page, title } of recipes) {
  test(`${page}: with the configuration of the recipe, events arrive with their references, and only by the token`, {
    skip: missingRegistry(distribution),
  }, async (t) => {
    const stack = await startLocalStack()
    t.after(() => stack.stop())
    const relay = await startRelay(t, stack, { gateway: 'credentials: [{ bearer: s3cr3t }]' })
    const folder = mkdtempSync(join(tmpdir(), 'relay-recipe-'))
    const [port = 0] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    const config = recipeBlock(page, title, {
      'addr: :5000': `addr: 127.0.0.1:${port}`,
      'http://gateway:8080/notifications': relay.url,
      '/var/lib/registry': folder,
    })
    const registry = await startRegistryProcess(await registryCommand(distribution), config, url)
    t.after(async () => {
      await registry.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const { layer, config: image, manifest } = await pushImage(url, 'team/app', '1.0')
    await request(200, `${url}/v2/team/app/manifests/1.0`, { headers: { accept: manifestType } })
    await request(201, `${url}/v2/team/copy/blobs/uploads/?mount=${layer}&from=team/app`, {
      method: 'POST',
    })
    await request(202, `${url}/v2/team/app/manifests/${manifest}`, { method: 'DELETE' })

    await relay.receivedAtLeast(7)
    const events = relay.received.flatMap(({ body }) => readEnvelope(body).events.map(({ event }) => event))
    assert.deepEqual(events.map(({ action }) => action).toSorted(), [
      'delete',
      'delete',
      'mount',
      'pull',
      'push',
      'push',
      'push',
    ])
    const push = events.find(({ action, target }) => action === 'push' && target?.tag === '1.0')
    assert.deepEqual(
      push?.target?.references?.map(({ digest }) => digest).filter((digest) => digest !== manifest),
      [image, layer],
    )
    const { status } = await fetch(relay.url, { method: 'POST', body: '{}' })
    assert.equal(status, 401)
  })
}

test('distribution-3: the variables of the recipe do what its configuration does', {
  skip: missingRegistry('3.1'),
}, async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack, { gateway: 'credentials: [{ bearer: s3cr3t }]' })
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const variables = recipeBlock('distribution-3', 'Distribution 3 by variables', {
    'http://gateway:8080/notifications': relay.url,
  })
  const registry = await startRegistryProcess(
    await registryCommand('3.1'),
    `{ version: 0.1, storage: { inmemory: {} }, http: { addr: "127.0.0.1:${port}" } }`,
    url,
    Object.fromEntries(
      [...variables.matchAll(/^(\w+)=(?:'(.*)'|(.*))$/gm)].map(([, name, quoted, bare]) => [
        name,
        quoted ?? bare ?? '',
      ]),
    ),
  )
  t.after(() => registry.stop())
  const digest = await pushBlob(url, 'team/app', Buffer.from('not really a layer'))
  await relay.receivedAtLeast(1)
  const [post] = relay.received
  assert.equal(readEnvelope(post?.body ?? Buffer.of()).events[0]?.event.target?.digest, digest)
})
