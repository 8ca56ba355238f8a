import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { envelope, GatewayBed, post, type Settings, spoolEmptied } from './gateway-bed.ts'
import { ServeProcess } from './serve-process.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack({ ways: ['docker', 'java'] })
})
after(() => stack.stop())
afterEach(() => stack.kafka.start())

interface Bed {
  readonly bed: GatewayBed
  /** Starts `serve`, to be gone when the test ends; resolves when it listens. */
  readonly serve: () => Promise<ServeProcess>
}

async function startBed(t: TestContext, settings: Settings = {}): Promise<Bed> {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack, settings)
  stops(() => bed.remove())
  await bed.createTopics()
  return {
    bed,
    async serve() {
      const gateway = new ServeProcess(bed.configFile)
      stops(() => gateway.kill())
      await gateway.listening()
      return gateway
    },
  }
}

const repositories = 4

function ids(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index}`)
}

function bodyOf(id: string): string {
  return envelope(id, `team/app-${Number(id.slice(id.lastIndexOf('-') + 1)) % repositories}`)
}

async function postAll(gateway: ServeProcess, all: readonly string[]): Promise<void> {
  const url = await gateway.listening()
  for (const id of all) assert.equal((await post(url, bodyOf(id))).status, 200, id)
}

/** Every event once, those of one repository in the order of posting. */
async function assertTopic(bed: GatewayBed, all: readonly string[]): Promise<void> {
  const records = await bed.events()
  assert.equal(records.length, all.length)
  for (let app = 0; app < repositories; app += 1) {
    const repository = `team/app-${app}`
    assert.deepEqual(
      records.filter((record) => record.repository === repository).map(({ id }) => id),
      all.filter((id) => JSON.parse(bodyOf(id)).events[0].target.repository === repository),
    )
  }
}

test('C5: an id accepted before a kill -9 is not published again, whether it was in Kafka already or waited in the spool', async (t) => {
  const { bed, serve } = await startBed(t)
  const published = ids('published', 60)
  const waiting = ids('waiting', 60)

  const first = await serve()
  await postAll(first, published)
  await spoolEmptied(first.management)
  await stack.kafka.kill()
  await postAll(first, waiting)
  await first.kill()

  // Several times over: each start finds the spool of the last one and must not make it look new.
  for (let life = 0; life < 2; life += 1) {
    const next = await serve()
    assert.equal(await next.waiting(), waiting.length)
    await postAll(next, [...published, ...waiting])
    assert.equal(await next.waiting(), waiting.length)
    await next.kill()
  }

  const last = await serve()
  await stack.kafka.start()
  await postAll(last, published)
  await spoolEmptied(last.management)
  await postAll(last, [...waiting, 'behind-0'])
  await spoolEmptied(last.management)
  await assertTopic(bed, [...published, ...waiting, 'behind-0'])
})

test('C6: a second process on the same spool folder ends with status 1 and says why; after a kill -9 the folder is taken over', async (t) => {
  const { bed, serve } = await startBed(t)
  const first = await serve()
  const second = new ServeProcess(bed.configFile)
  const { status, output } = await second.ended
  assert.equal(status, 1)
  assert.match(output, /SPOOL_LOCKED/)
  assert.ok(output.includes(bed.spoolFolder), output)
  await postAll(first, ['kept-0'])

  await first.kill()
  const heir = await serve()
  await postAll(heir, ['kept-1'])
  await spoolEmptied(heir.management)
  // The kill may have come before the note that Kafka has the first: then its heir sends it again.
  const stored = (await bed.events()).map(({ id }) => id)
  assert.deepEqual([...new Set(stored)].toSorted(), ['kept-0', 'kept-1'])
})

test('C3: SIGTERM with Kafka down and requests open ends with status 0, keeps what had a 2xx and gives none to what it cut', async (t) => {
  // What never ends is cut after two seconds instead of at the end of the whole deadline.
  const { bed, serve } = await startBed(t, { gateway: { limits: { bodyGraceMs: 2_000 } } })
  const before = ids('before', 40)
  await stack.kafka.kill()
  const gateway = await serve()
  await postAll(gateway, before)

  const url = await gateway.listening()
  const open = Array.from({ length: 40 }, (_, index) => openPost(url, bodyOf(`open-${index}`)))
  await Promise.all(open.map(({ sent }) => sent))
  gateway.signal('SIGTERM')
  await gateway.says('gateway stops')
  // Half of them end while it stops, the others never do.
  for (const { finish } of open.slice(0, 20)) finish()
  const { status, output } = await gateway.ended
  assert.equal(status, 0, output)
  const outcomes = await Promise.all(open.map(({ outcome }) => outcome))
  const kept = ids('open', 40).filter((_, index) => outcomes[index] === 200)
  assert.equal(outcomes.slice(20).filter((outcome) => outcome === 200).length, 0)

  await stack.kafka.start()
  const next = await serve()
  await spoolEmptied(next.management)
  const stored = (await bed.events()).map(({ id }) => id ?? '')
  assert.equal(new Set(stored).size, stored.length)
  for (const id of [...before, ...kept]) assert.ok(stored.includes(id), id)
  t.diagnostic(`${kept.length} of 20 requests that ended during the stop had a 2xx`)
})

test('C3: a second signal ends it at once', async (t) => {
  const { serve } = await startBed(t)
  await stack.kafka.kill()
  const gateway = await serve()
  const { sent } = openPost(await gateway.listening(), bodyOf('open-0'))
  await sent
  gateway.signal('SIGTERM')
  await gateway.says('gateway stops')
  await gateway.signalled('SIGTERM')
  const { status, output } = await gateway.ended
  assert.equal(status, 1)
  assert.doesNotMatch(output, /gateway has stopped/)
})

interface OpenPost {
  /** Resolves when the first half of the body is on its way. */
  readonly sent: Promise<void>
  readonly finish: () => void
  /** The status; undefined where there was none. */
  readonly outcome: Promise<number | undefined>
}

/** A request whose body stops in the middle. */
function openPost(url: string, body: string): OpenPost {
  const half = Math.floor(body.length / 2)
  const outgoing = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  })
  const outcome = new Promise<number | undefined>((resolve) => {
    outgoing.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    outgoing.on('close', () => resolve(undefined))
    outgoing.on('error', () => resolve(undefined))
  })
  const sent = new Promise<void>((resolve) => {
    outgoing.write(body.slice(0, half), () => resolve())
  })
  return { sent, finish: () => outgoing.end(body.slice(half)), outcome }
}
