import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readEnvelope } from '../../src/event/envelope.ts'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import {
  type Distribution,
  manifestType,
  missingRegistry,
  pushImage,
  request,
  startRegistry,
} from '../support/real-registry.ts'
import { startRelay } from '../support/relay.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

const mediaTypes: Readonly<Record<Distribution, string>> = {
  '2.8': 'application/vnd.docker.distribution.events.v1+json',
  '3.1': 'application/vnd.docker.distribution.events.v2+json',
}

for (const distribution of ['2.8', '3.1'] as const) {
  test(`Distribution ${distribution}: push, pull, mount and delete of an image arrive at the receiver`, {
    skip: missingRegistry(distribution),
  }, async (t) => {
    const relay = await startRelay(t, stack)
    const { url, stop } = await startRegistry({ distribution, notifications: relay.url })
    t.after(stop)

    const { layer, config, manifest } = await pushImage(url, 'team/app', '1.0')
    await request(200, `${url}/v2/team/app/manifests/1.0`, { headers: { accept: manifestType } })
    await request(200, `${url}/v2/team/app/blobs/${layer}`)
    await request(201, `${url}/v2/team/copy/blobs/uploads/?mount=${layer}&from=team/app`, {
      method: 'POST',
    })
    await request(202, `${url}/v2/team/app/manifests/${manifest}`, { method: 'DELETE' })
    await request(202, `${url}/v2/team/app/blobs/${layer}`, { method: 'DELETE' })

    const expected = [
      `push team/app ${layer}`,
      `push team/app ${config}`,
      `push team/app ${manifest} 1.0`,
      `pull team/app ${manifest} 1.0`,
      `pull team/app ${layer}`,
      `delete team/app ${manifest}`,
      'delete team/app 1.0',
      `delete team/app ${layer}`,
      `mount team/copy ${layer} <- team/app`,
    ]
    await relay.receivedAtLeast(expected.length)
    const arrived = relay.received.flatMap(({ body, contentType }) => {
      assert.equal(contentType, mediaTypes[distribution])
      return readEnvelope(body).events.map(({ event: { action, target } }) =>
        [
          action,
          target?.repository,
          target?.digest,
          target?.tag,
          target?.fromRepository && `<- ${target.fromRepository}`,
        ]
          .filter((part) => part !== undefined && part !== '')
          .join(' '),
      )
    })
    const of = (repository: string): string[] => arrived.filter((line) => line.split(' ')[1] === repository)
    assert.deepEqual([...of('team/app'), ...of('team/copy')], expected)
  })
}
