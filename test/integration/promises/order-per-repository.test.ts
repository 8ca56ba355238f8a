import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixedPort } from '../../crash/fixed-port.ts'
import { rawReceiver, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { spoolEmptied } from '../gateway/gateway-bed.ts'
import { Registries } from '../gateway/registries.ts'
import { headerOf } from '../topic-bridge/fault-run.ts'
import { Chain } from './chain.ts'

interface Seen {
  readonly id: string
  readonly repository: string
}

/** Of each repository the ids, each where it first stands. */
function firsts(all: readonly Seen[]): Readonly<Record<string, readonly string[]>> {
  const lists: Record<string, string[]> = {}
  const seen = new Set<string>()
  for (const { id, repository } of all) {
    if (seen.has(id)) continue
    seen.add(id)
    lists[repository] = [...(lists[repository] ?? []), id]
  }
  return lists
}

test('Order per repository', async (t) => {
  const port = await fixedPort()
  const chain = await Chain.start(t, { gateway: { port } })
  // Every fifth request is refused, whichever that is: its event is tried again, and what is behind it waits.
  const taken: Seen[] = []
  let requests = 0
  const receiver = await rawReceiver(t, (socket, request) => {
    const refused = ++requests % 5 === 0
    const { events } = JSON.parse(request.body) as { events: [{ target: { repository: string } }] }
    const { repository } = events[0].target
    if (!refused) taken.push({ id: headerOf(request, 'webhook-id'), repository })
    status(refused ? 503 : 204)(socket, request)
  })
  const endpoint = {
    ...{ name: 'hook', url: receiver.url },
    retry: { firstMs: 10, maxMs: 50 },
    breaker: { openMs: 20, maxOpenMs: 50 },
  }

  const gateway = await chain.serve()
  const leaver = chain.bridge([endpoint])
  const registries = new Registries({ url: await gateway.listening(), count: 6, intervalMs: 30 })
  t.after(() => registries.abandon())
  await leaver.joined()
  await registries.acked(100)
  await gateway.kill()
  const heir = await chain.serve()
  // The partitions move to another member and, when the first one leaves, once more.
  const stayer = chain.bridge([endpoint])
  await stayer.joined()
  await registries.acked(100)
  leaver.signal('SIGTERM')
  await registries.acked(100)
  await registries.settle()
  await spoolEmptied(heir.management)
  await chain.caughtUp('hook')

  const { operations } = registries.history
  const acknowledged = firsts(
    operations.filter(({ outcome }) => outcome?.type === 'ok').map(({ event }) => event),
  )
  assert.ok(Object.values(acknowledged).some((ids) => ids.length > 5))
  const records = await chain.bed.events()
  const stored = firsts(records.map(({ id = '', repository = '' }) => ({ id, repository })))
  assert.deepEqual(stored, acknowledged)
  const partitions = new Set(records.map(({ repository, partition }) => `${repository} ${partition}`))
  assert.equal(partitions.size, Object.keys(stored).length, 'a repository has more than one partition')
  await until(() => taken.length >= Object.values(acknowledged).flat().length)
  const delivered = firsts(taken)
  assert.deepEqual(delivered, acknowledged)
})
