import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RawRequest, rawReceiver, silence, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { envelope, post } from '../gateway/gateway-bed.ts'
import { headerOf } from '../topic-bridge/fault-run.ts'
import { Chain, idsOf, repositoryOfId } from './chain.ts'

const idOf = (request: RawRequest): string => headerOf(request, 'webhook-id')

test('At least once, with a stable id', async (t) => {
  let held = false
  const receiver = await rawReceiver(t, (socket, request) => (held ? silence : status(204))(socket, request))
  const chain = await Chain.start(t)
  const gateway = await chain.serve()
  const url = await gateway.listening()
  const first = chain.bridge([{ name: 'hook', url: receiver.url, timeoutMs: 60_000 }])
  const postAll = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) assert.equal((await post(url, envelope(id, repositoryOfId(id)))).status, 200)
  }

  // Without a fault there is one of each, also where the registry did not hear the answer and posts again.
  const calm = idsOf(4, 0, 10)
  await postAll(calm)
  await postAll(calm)
  await postAll(['team/app-0#behind'])
  await receiver.received(calm.length + 1)
  await chain.caughtUp('hook')
  assert.deepEqual(receiver.requests.map(idOf).toSorted(), [...calm, 'team/app-0#behind'].toSorted())

  // Killed with requests under way, whose outcome nobody will know.
  held = true
  const fault = idsOf(4, 10, 15)
  await postAll(fault)
  await until(() => receiver.requests.length === calm.length + 1 + 4)
  const underWay = receiver.requests.slice(-4)
  await first.kill()
  held = false
  chain.bridge([{ name: 'hook', url: receiver.url }])
  await chain.caughtUp('hook')

  const posts = new Map<string, RawRequest[]>()
  for (const request of receiver.requests)
    posts.set(idOf(request), [...(posts.get(idOf(request)) ?? []), request])
  assert.deepEqual([...posts.keys()].toSorted(), [...calm, ...fault, 'team/app-0#behind'].toSorted())
  const repeated = [...posts].filter(([, { length }]) => length > 1)
  assert.deepEqual(repeated.map(([id]) => id).toSorted(), underWay.map(idOf).toSorted())
  for (const [id, copies] of repeated) {
    assert.deepEqual([...new Set(copies.map(({ body }) => body))], [envelope(id, repositoryOfId(id))])
  }
})
