import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { applyTopics, startGateway } from '../../../src/app/compose.ts'
import { postNotification } from '../../../src/app/poster.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { createTelemetry } from '../../../src/app/telemetry.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { goldenBodies, recordedBodies } from '../../support/notification-fixtures.ts'
import { readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'
import { BridgeProcess } from './bridge-process.ts'

interface Post {
  readonly body: Buffer
  readonly contentType: string | undefined
}

/** Where the event lay in Kafka, and what was posted of it each time. */
type Taken = ReadonlyMap<string, readonly Post[]>

test('every recorded notification with one event arrives byte for byte, with its media type and in order, at a receiver that fails one time in ten, while a member joins and one is killed', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const receiver = await failingReceiver(t)
  const { url, bridge, config } = await gateway(t, stack, receiver.url)
  const posts = recordedPosts()
  const third = Math.floor(posts.length / 3)
  const send = async (from: number, to: number): Promise<void> => {
    for (const { body, contentType = '' } of posts.slice(from, to)) {
      assert.equal(await postNotification(url, { body, contentType }, 5_000), 200)
    }
  }

  const first = bridge()
  await first.joined()
  await send(0, third)
  const second = bridge()
  await second.joined()
  await send(third, 2 * third)
  const sending = send(2 * third, posts.length)
  const before = receiver.taken.size
  await until(() => receiver.taken.size > before + 10)
  await first.kill()
  await sending
  await until(() => receiver.taken.size >= posts.length, {
    ms: 60_000,
    what: () => `${receiver.taken.size} of ${posts.length} events, ${second.output}`,
  })

  // One record for each event that was posted; whatever came of a record more than once was the same.
  assert.equal(receiver.taken.size, posts.length)
  for (const [record, [one, ...repeats]] of receiver.taken) {
    for (const repeat of repeats) assert.deepEqual(repeat, one, record)
  }
  const firsts = [...receiver.taken.values()].map(([one]) => one as Post)
  assert.deepEqual(byRepository(firsts), byRepository(posts))
  assert.ok(receiver.refused > 0)
  assert.deepEqual(await readRecords(stack.brokers, config.topics.deadLetters), [])
})

/** All that was recorded, and what the encoders of the registries make, each with one event. */
function recordedPosts(): readonly Post[] {
  const golden = goldenBodies().map(({ body, profile }) => ({ body, contentType: mediaTypeOf(profile) }))
  const all = [...recordedBodies(), ...golden].map(({ body, contentType }) => ({ body, contentType }))
  const single = all.filter(({ body }) => {
    const { events, rejected, more } = readEnvelope(body)
    return events.length === 1 && rejected.length === 0 && !more
  })
  assert.ok(single.length > 200, `only ${single.length} bodies`)
  return single
}

async function failingReceiver(
  t: TestContext,
): Promise<{ readonly url: string; readonly taken: Taken; readonly refused: number }> {
  const seed = randomInt(2 ** 31)
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const taken = new Map<string, Post[]>()
  const seen = { refused: 0 }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (random() < 0.1) {
        seen.refused++
        response.writeHead(503).end()
        return
      }
      const record = String(request.headers['registry-relay-record'])
      const post = { body: Buffer.concat(chunks), contentType: request.headers['content-type'] }
      taken.set(record, [...(taken.get(record) ?? []), post])
      // So slowly that something is under way whenever a member goes.
      setTimeout(() => response.writeHead(204).end(), 10)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken,
    get refused() {
      return seen.refused
    },
  }
}

/** A gateway of the test's own; members of the group behind it are processes. */
async function gateway(t: TestContext, stack: LocalStack, receiverUrl: string) {
  const folder = mkdtempSync(join(tmpdir(), 'relay-recorded-'))
  const run = randomUUID().slice(0, 8)
  const settings = {
    kafka: { brokers: stack.brokers },
    topics: {
      ...{ events: `events-${run}`, deadLetters: `dlq-${run}`, rejected: `rejected-${run}` },
      ...{ partitions: 6, replicationFactor: 1 },
    },
    schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register' },
    // Some were recorded several times, as they were posted to several endpoints: here each is to arrive.
    gateway: { port: 0, duplicates: { maxEvents: 0 } },
    spool: { folder },
    bridge: {
      group: `relay-${run}`,
      endpoints: [{ name: 'receiver', url: receiverUrl, concurrency: 8, retry: { firstMs: 20, maxMs: 200 } }],
    },
  }
  const config = parseConfig(JSON.stringify(settings), {
    fileName: 'test.yaml',
    environment: {},
    readSecret: () => new Secret(''),
  })
  const telemetry = createTelemetry({ level: 'silent', format: 'json' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  t.after(async () => {
    await supervisor.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await applyTopics(config, telemetry)
  const { url } = await startGateway(config, telemetry, supervisor)
  return { url, config, bridge: () => new BridgeProcess(t, settings) }
}

/** What was posted for each repository, in order; events that name none have no order. */
function byRepository(posts: readonly Post[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { body, contentType } of posts) {
    const repository = readEnvelope(body).events[0]?.event.target?.repository ?? ''
    const group = groups.get(repository) ?? []
    group.push(`${contentType}\n${body.toString('latin1')}`)
    groups.set(repository, group)
  }
  groups.get('')?.sort()
  return groups
}
