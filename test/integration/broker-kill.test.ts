import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { postNotification } from '../../src/app/poster.ts'
import { readEnvelope } from '../../src/event/envelope.ts'
import { encodeEnvelope } from '../../src/event/envelope-encoder.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { startRelay } from '../support/relay.ts'
import { until } from '../support/until.ts'

const registries = 16
const eventsEach = 125
const contentType = 'application/vnd.docker.distribution.events.v2+json'

test('the broker is killed and started again while 2,000 events are posted: each event with a 2xx is delivered, in order per repository', async (t) => {
  const stack = await startLocalStack({ ways: ['docker', 'java'] })
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)

  let acknowledged = 0
  const posters = Array.from({ length: registries }, (_, registry) =>
    postSerially(relay.url, `team/app-${registry}`, () => {
      acknowledged += 1
    }),
  )
  await until(() => acknowledged > (registries * eventsEach) / 4, {
    ms: 60_000,
    what: () => `${acknowledged} acknowledged`,
  })
  await stack.kafka.kill()
  const atKill = acknowledged
  await stack.kafka.start()
  const sent = await Promise.all(posters)

  assert.ok(atKill < registries * eventsEach, 'the kill must come while events are being posted')
  const all = sent.flatMap(({ ids }) => ids)
  const firstDeliveries = (): Map<string, string[]> =>
    firstByRepository(relay.received.map(({ body }) => body))
  await until(() => [...firstDeliveries().values()].flat().length >= all.length, {
    ms: 90_000,
    what: () => `${[...firstDeliveries().values()].flat().length} of ${all.length} distinct events delivered`,
  })
  const delivered = firstDeliveries()
  for (const { repository, ids } of sent) assert.deepEqual(delivered.get(repository), ids, repository)
  t.diagnostic(
    `${all.length} events, ${sent.reduce((sum, { retries }) => sum + retries, 0)} posts without a 2xx, ${relay.received.length - all.length} duplicates`,
  )
})

/** One registry: posts an event again until it has a 2xx, and only then the next. */
async function postSerially(
  url: string,
  repository: string,
  onAcknowledged: () => void,
): Promise<{ repository: string; ids: string[]; retries: number }> {
  const ids: string[] = []
  let retries = 0
  for (let index = 0; index < eventsEach; index += 1) {
    const id = randomUUID()
    const body = encodeEnvelope(
      [
        {
          id,
          timestamp: '2026-01-02T03:04:05Z',
          action: 'push',
          target: { mediaType: 'm', digest: `sha256:${index}`, size: index + 1, repository },
        },
      ],
      'distribution-3',
    )
    while ((await postNotification(url, { body, contentType }).catch(() => 0)) !== 200) {
      retries += 1
      // Distribution's backoff, shortened.
      await pause(100)
    }
    ids.push(id)
    onAcknowledged()
  }
  return { repository, ids, retries }
}

function firstByRepository(bodies: readonly Buffer[]): Map<string, string[]> {
  const seen = new Set<string>()
  const order = new Map<string, string[]>()
  for (const body of bodies) {
    for (const { event } of readEnvelope(body).events) {
      const { id = '', target } = event
      if (seen.has(id)) continue
      seen.add(id)
      const repository = target?.repository ?? ''
      order.set(repository, [...(order.get(repository) ?? []), id])
    }
  }
  return order
}
