import assert from 'node:assert/strict'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { balance } from '../../support/monitoring-rules.ts'
import { Scrape } from '../../support/scrape.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { GatewayBed, type RunningBed } from '../gateway/gateway-bed.ts'

let stack: LocalStack
before(async () => {
  // One of its own: it is made to stand still.
  stack = await startLocalStack({ ways: ['docker', 'java'] })
})
after(() => stack.stop())
afterEach(() => stack.kafka.resume())

const authorization = 'Bearer let-me-in'
const maxBodyBytes = 65_536

/** What a test posted, and what became of it as far as the answers say. */
class Ledger {
  readonly url: string
  /** Events, and bodies in their place, that the gateway has read. */
  received = 0
  refused = 0
  ignored = 0
  duplicates = 0
  quarantined = 0
  /** Ids of events that were answered 200. */
  readonly accepted = new Set<string>()

  constructor(url: string) {
    this.url = url
  }

  async send(body: string, credentials = authorization): Promise<number> {
    const response = await fetch(this.url, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', Authorization: credentials },
    })
    await response.arrayBuffer()
    return response.status
  }

  /** One event; the answer. */
  async event(id: string | undefined, action = 'push'): Promise<number> {
    const status = await this.send(bodyOf([eventOf(id, action)]))
    this.received += 1
    if (status !== 200) this.refused += 1
    else if (action === 'pull') this.ignored += 1
    else if (id !== undefined && this.accepted.has(id)) this.duplicates += 1
    if (status === 200 && id !== undefined && action !== 'pull') this.accepted.add(id)
    return status
  }

  /** What is no notification. */
  async garbage(body: string): Promise<number> {
    const status = await this.send(body)
    this.received += 1
    if (status === 200) this.quarantined += 1
    else this.refused += 1
    return status
  }

  /** An event, something that is none, and an event that is ignored. */
  async mixed(id: string): Promise<number> {
    const status = await this.send(bodyOf([eventOf(id), 'no event', eventOf(`${id}-pull`, 'pull')]))
    this.received += 3
    if (status !== 200) this.refused += 3
    else {
      this.ignored += 1
      this.quarantined += 1
      this.accepted.add(id)
    }
    return status
  }
}

function eventOf(id: string | undefined, action = 'push'): object {
  return { ...(id === undefined ? {} : { id }), action, target: { repository: 'team/app' } }
}

function bodyOf(events: readonly unknown[]): string {
  return JSON.stringify({ events })
}

interface Run {
  readonly bed: GatewayBed
  start(): Promise<RunningBed>
}

async function runOf(t: TestContext, gateway: Readonly<Record<string, unknown>> = {}): Promise<Run> {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack, {
    gateway: {
      credentials: [{ bearer: 'let-me-in' }],
      ignore: { actions: ['pull'] },
      maxBodyBytes,
      ...gateway,
    },
  })
  stops(() => bed.remove())
  await bed.createTopics()
  return {
    bed,
    async start() {
      const running = await bed.start()
      stops(() => running.stop())
      return running
    },
  }
}

/**
 * Scrapes all the time until it is told to stop, and gives how much was missing. Less than none is missing for a moment where
 * a part of one notification has its outcome, and the whole of it counts as under way.
 */
function watch(gateway: RunningBed): () => Promise<readonly number[]> {
  const missing: number[] = []
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      const difference = unaccounted(await Scrape.of(gateway.management))
      if (difference > 0) missing.push(difference)
      await pause(5)
    }
  })()
  return async () => {
    stopped = true
    await watching
    return missing
  }
}

function unaccounted(scrape: Scrape): number {
  return balance('registry_relay:gateway_unaccounted_events', scrape)
}

function numbers(scrape: Scrape): Readonly<Record<string, number | undefined>> {
  const of = (name: string): number | undefined => scrape.sum(`registry_relay_gateway_${name}`)
  return {
    received: of('events_received_total'),
    refused: of('events_refused_total'),
    ignored: of('events_ignored_total'),
    duplicates: of('events_duplicate_total'),
    quarantined: of('quarantined_total'),
    inFlight: of('in_flight_events'),
    spooled: of('spooled_events'),
  }
}

/** Everything that a sender can do while Kafka is there. */
async function mixedTraffic(ledger: Ledger, prefix: string): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => ledger.event(`${prefix}-${n}`)))
  assert.deepEqual(new Set(answers), new Set([200]))
  for (let n = 0; n < 10; n += 1) assert.equal(await ledger.event(`${prefix}-${n}`), 200)
  for (let n = 0; n < 4; n += 1) assert.equal(await ledger.event(`${prefix}-pull-${n}`, 'pull'), 200)
  for (let n = 0; n < 3; n += 1) assert.equal(await ledger.event(undefined), 200)
  for (const body of ['{', 'no JSON', '[]']) assert.equal(await ledger.garbage(body), 200)
  assert.equal(await ledger.garbage(`{"padding":"${'x'.repeat(maxBodyBytes)}"}`), 200)
  for (let n = 0; n < 3; n += 1) assert.equal(await ledger.mixed(`${prefix}-mixed-${n}`), 200)
  assert.equal(await ledger.send(bodyOf([])), 200)
  // Neither is read, so neither is an event.
  for (let n = 0; n < 3; n += 1) assert.equal(await ledger.send(bodyOf([eventOf('x')]), 'Bearer wrong'), 401)
  assert.equal((await fetch(ledger.url)).status, 405)
}

async function topicsOf(bed: GatewayBed): Promise<{ ids: (string | undefined)[]; rejected: number }> {
  const [events, rejected] = await Promise.all([bed.events(), bed.rejected()])
  return { ids: events.map(({ id }) => id), rejected: rejected.length }
}

function produced(bed: GatewayBed, scrape: Scrape, topic: 'events' | 'rejected'): number {
  return scrape.sum('registry_relay_kafka_produced_records_total', `topic="${bed.config.topics[topic]}"`) ?? 0
}

function assertWithin(copies: number, most: number): void {
  assert.ok(copies >= 0 && copies <= most, `${copies} copies more than were published`)
}

test('I13: with a spool, what is received adds up at every moment, with Kafka away and over a restart with a full spool', async (t) => {
  const { bed, start } = await runOf(t)
  const first = await start()
  const stopWatching = watch(first)
  const ledger = new Ledger(first.url)
  await mixedTraffic(ledger, 'here')
  await first.emptied()

  stack.kafka.pause()
  for (let n = 0; n < 30; n += 1) assert.equal(await ledger.event(`away-${n}`), 200)
  for (let n = 0; n < 5; n += 1) assert.equal(await ledger.event(`away-${n}`), 200)
  assert.equal(await ledger.mixed('away-mixed'), 200)
  assert.equal(await ledger.garbage('away'), 200)
  const before = await Scrape.of(first.management)
  assert.equal(unaccounted(before), 0)
  assert.deepEqual(numbers(before), {
    received: ledger.received,
    refused: 0,
    ignored: ledger.ignored,
    duplicates: ledger.duplicates,
    quarantined: ledger.quarantined,
    inFlight: 0,
    spooled: 33,
  })
  assert.deepEqual(await stopWatching(), [])
  await first.stop()

  const second = await start()
  const stopWatchingSecond = watch(second)
  const later = new Ledger(second.url)
  for (const id of ledger.accepted) later.accepted.add(id)
  // Also what was posted before the restart is recognised.
  assert.equal(await later.event('away-0'), 200)
  for (let n = 0; n < 10; n += 1) assert.equal(await later.event(`later-${n}`), 200)
  stack.kafka.resume()
  await mixedTraffic(later, 'back')
  await second.emptied()
  assert.deepEqual(await stopWatchingSecond(), [])

  const end = await Scrape.of(second.management)
  assert.equal(unaccounted(end), 0)
  assert.equal(end.sum('registry_relay_gateway_events_recovered_total'), 33)
  assert.deepEqual(numbers(end), {
    received: later.received,
    refused: 0,
    ignored: later.ignored,
    duplicates: later.duplicates,
    quarantined: later.quarantined,
    inFlight: 0,
    spooled: 0,
  })
  // And the topics say the same: both lives of the gateway together. What was on its way to a Kafka that stood still, when the
  // first one ended, may have got there all the same, and is there twice then.
  const { ids, rejected } = await topicsOf(bed)
  const withId = ids.filter((id) => id !== undefined && id !== '')
  assert.deepEqual(new Set(withId), later.accepted)
  const spooled = 33
  assertWithin(ids.length - produced(bed, before, 'events') - produced(bed, end, 'events'), spooled)
  assertWithin(rejected - produced(bed, before, 'rejected') - produced(bed, end, 'rejected'), spooled)
  assert.equal(
    produced(bed, before, 'rejected') + produced(bed, end, 'rejected'),
    ledger.quarantined + later.quarantined,
  )
})

test('I13: without a spool, it adds up too while Kafka stands still, with what it stores after it was refused', async (t) => {
  const { bed, start } = await runOf(t, { ackMode: 'kafka', ackBudgetMs: 3_000 })
  const gateway = await start()
  await until(async () => (await gateway.readyz()).status === 200)
  const stopWatching = watch(gateway)
  const ledger = new Ledger(gateway.url)
  await mixedTraffic(ledger, 'here')

  stack.kafka.pause()
  const away = await Promise.all([
    ...Array.from({ length: 12 }, (_, n) => ledger.event(`away-${n}`)),
    ...Array.from({ length: 4 }, () => ledger.event(undefined)),
    ledger.mixed('away-mixed'),
    ledger.garbage('away'),
  ])
  assert.deepEqual(new Set(away), new Set([503]))
  stack.kafka.resume()
  const stored = async (): Promise<number> =>
    (await Scrape.of(gateway.management)).sum('registry_relay_gateway_events_stored_late_total') ?? 0
  await until(async () => (await stored()) >= 14)
  for (let n = 0; n < 12; n += 1) {
    assert.equal(await ledger.event(`away-${n}`), 200)
    // It was stored when it was refused: the repeat is one.
    ledger.duplicates += 1
  }
  await mixedTraffic(ledger, 'back')
  await until(
    async () => (await Scrape.of(gateway.management)).sum('registry_relay_kafka_buffered_records') === 0,
  )
  assert.deepEqual(await stopWatching(), [])

  const end = await Scrape.of(gateway.management)
  assert.equal(unaccounted(end), 0)
  assert.deepEqual(numbers(end), {
    received: ledger.received,
    refused: ledger.refused,
    ignored: ledger.ignored,
    duplicates: ledger.duplicates,
    quarantined: ledger.quarantined,
    inFlight: 0,
    spooled: 0,
  })
  const { ids, rejected } = await topicsOf(bed)
  assert.equal(ids.length, produced(bed, end, 'events'))
  assert.equal(rejected, produced(bed, end, 'rejected'))
  for (const id of ledger.accepted) assert.ok(ids.includes(id), id)
})

test('in strict mode, what is no notification is refused before anything of it counts as received', async (t) => {
  const { start } = await runOf(t, { strict: true })
  const gateway = await start()
  const ledger = new Ledger(gateway.url)
  assert.equal(await ledger.event('one'), 200)
  for (const body of ['{', bodyOf([eventOf('two'), 'no event'])]) assert.equal(await ledger.send(body), 400)
  assert.equal(await ledger.send(`{"padding":"${'x'.repeat(maxBodyBytes)}"}`), 413)
  await gateway.emptied()
  const scrape = await Scrape.of(gateway.management)
  assert.equal(scrape.sum('registry_relay_gateway_events_received_total'), 1)
  assert.equal(scrape.sum('registry_relay_gateway_rejected_total'), 3)
  assert.equal(unaccounted(scrape), 0)
})
