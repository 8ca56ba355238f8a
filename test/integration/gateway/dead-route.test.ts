import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import type { TopicRecord } from '../../crash/operation.ts'
import { readTopic } from '../../crash/topic-reader.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { GatewayBed, post } from './gateway-bed.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

const repositories = Array.from({ length: 12 }, (_, index) => `team/app-${index}`)
/** Of each action and repository; the pulls of all are more than may be under way to one topic. */
const count = 450

function body(action: 'push' | 'pull', index: number, repository: string): string {
  return JSON.stringify({ events: [{ id: `${action}-${index}`, action, target: { repository } }] })
}

/** The ids that each repository has in a topic, in order. */
function byRepository(records: readonly TopicRecord[]): Record<string, readonly (string | undefined)[]> {
  const idsOf = (name: string): readonly (string | undefined)[] =>
    records.filter(({ repository }) => repository === name).map(({ id }) => id)
  return Object.fromEntries(repositories.map((name) => [name, idsOf(name)]))
}

function allOf(action: 'push' | 'pull', extra = 0): Record<string, readonly string[]> {
  const ids = Array.from({ length: count + extra }, (_, index) => `${action}-${index}`)
  return Object.fromEntries(repositories.map((name) => [name, ids]))
}

test('a route whose topic is missing holds up its own events only, readiness names it, and they arrive once and in order when it is made', async (t) => {
  const stops = stopsInReverse(t)
  const pulls = `pulls-${randomUUID().slice(0, 8)}`
  const bed = new GatewayBed(stack, {
    topics: { routes: [{ topic: pulls, actions: ['pull'] }] },
  })
  stops(() => bed.remove())
  await bed.createTopics(pulls)
  const gateway = await bed.start()
  stops(() => gateway.stop())

  const postAll = (from: number, to: number): Promise<unknown> =>
    Promise.all(
      repositories.map(async (repository) => {
        for (let index = from; index < to; index += 1) {
          for (const action of ['pull', 'push'] as const) {
            assert.equal((await post(gateway.url, body(action, index, repository))).status, 200)
          }
        }
      }),
    )
  await postAll(0, count)
  const published = (topic: string): Promise<number> =>
    gateway.metric('registry_relay_kafka_produced_records_total', topic)
  const expected = count * repositories.length
  let seen = 0
  await until(
    async () => {
      seen = await published(bed.config.topics.events)
      return seen >= expected
    },
    { ms: 60_000, what: () => `${seen} of ${expected} pushes are published` },
  )
  assert.deepEqual(byRepository(await bed.events()), allOf('push'))
  assert.equal(await published(pulls), 0)
  const { status, parts } = await gateway.readyz()
  assert.equal(status, 200)
  const waiting = new RegExp(`${pulls} takes nothing, and (\\d+) wait behind it`)
  const parked = Number(waiting.exec(parts['spool']?.reason ?? '')?.[1])
  assert.ok(parked > 0, JSON.stringify(parts))
  assert.equal(await gateway.metric('registry_relay_pump_parked_notifications', pulls), parked)
  assert.ok(parts['record sink']?.reason?.includes(pulls), JSON.stringify(parts))

  await bed.createTopics()
  await postAll(count, count + 5)
  await gateway.emptied()
  assert.deepEqual(byRepository(await readTopic(stack, pulls)), allOf('pull', 5))
  assert.deepEqual(byRepository(await bed.events()), allOf('push', 5))
  assert.equal(await gateway.metric('registry_relay_pump_parked_notifications', pulls), 0)
})
