import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import type { TopicBridge } from '../../../src/topic-bridge/topic-bridge.ts'
import { balance } from '../../support/monitoring-rules.ts'
import { Scrape } from '../../support/scrape.ts'
import { until } from '../../support/until.ts'
import { BridgeBed, eventOf, TestReceiver } from '../topic-bridge/bridge-bed.ts'

let bed: BridgeBed
before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

/** One member of the group, with numbers of its own. */
class Member {
  readonly metrics = new PrometheusMetrics({ version: '0', process: false })
  readonly #bridge: TopicBridge

  constructor(where: { topic: string; deadLetterTopic: string }, url: string) {
    this.#bridge = bed.bridge(where, url, {
      telemetry: { ...noTelemetry, metrics: this.metrics },
      wants: ({ target }) => target?.repository !== 'not/wanted',
      drainMs: 50,
      window: { records: 40, bytes: 1_000_000 },
    })
  }

  start(): Promise<void> {
    return this.#bridge.start()
  }

  close(): Promise<unknown> {
    return this.#bridge.close()
  }

  async scrape(): Promise<Scrape> {
    return new Scrape(await this.metrics.expose())
  }

  async of(name: string, labels = ''): Promise<number> {
    return (await this.scrape()).sum(`registry_relay_bridge_${name}`, labels) ?? 0
  }

  async unaccounted(): Promise<number> {
    return balance('registry_relay:bridge_unaccounted_records', await this.scrape())
  }
}

test('I13: what the members of a group consume adds up at every moment, over rebalances, a stop with work under way, filtered records and dead letters', async (t) => {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  receiver.answer = async ({ repository }) => {
    await pause(10)
    if (repository === 'team/refused') return 422
    return Math.random() < 0.2 ? 503 : 204
  }
  const where = await bed.topic(4)
  const members = [0, 1, 2].map(() => new Member(where, receiver.url))
  t.after(() => Promise.all(members.map((member) => member.close())))
  const [first, second, third] = members as [Member, Member, Member]
  const wrong: number[] = []
  let watching = true
  const watch = (async () => {
    while (watching) {
      for (const member of members) {
        const difference = await member.unaccounted()
        if (difference !== 0) wrong.push(difference)
      }
      await pause(5)
    }
  })()

  const repositories = Array.from({ length: 20 }, (_, n) => `team/app-${n}`)
  const rounds = 15
  await first.start()
  await bed.produce(where.topic, [...repositories, 'not/wanted'], rounds)
  await bed.send(where.topic, [{ key: 'team/refused', value: bed.value(eventOf('team/refused', 0)) }])
  await until(async () => (await first.of('records_total')) > 60)
  // A new member takes partitions from the first, in the middle of its work.
  await second.start()
  await until(async () => (await second.of('records_total')) > 20)
  await first.close()
  await third.start()
  await until(() => bed.caughtUp(where.topic), { ms: 60_000 })
  watching = false
  await watch

  assert.deepEqual(wrong, [])
  const all = async (name: string, labels = ''): Promise<number> => {
    const values = await Promise.all(members.map((member) => member.of(name, labels)))
    return values.reduce((sum, value) => sum + value, 0)
  }
  assert.ok((await all('given_back_records_total')) > 0, 'nothing was given back')
  assert.equal(await all('in_hand_records'), 0)
  // Against what the receiver and the topics say. Requests that were broken off for a rebalance may have been taken.
  const delivered = await all('records_total', 'outcome="delivered"')
  const aborted = await all('attempts_total', 'verdict="aborted"')
  assert.equal(receiver.distinct, repositories.length * rounds)
  assert.ok(delivered >= receiver.distinct && delivered <= receiver.taken.length, `${delivered} delivered`)
  assert.ok(
    receiver.taken.length - delivered <= aborted,
    `${receiver.taken.length} taken, ${aborted} aborted`,
  )
  assert.ok((await all('records_total', 'outcome="filtered"')) >= rounds)
  assert.ok((await all('records_total', 'outcome="dead_letter"')) >= 1)
  const records = [...(await bed.ends(where.topic)).values()].reduce((sum, end) => sum + end, 0)
  const outcomes = (await all('records_total')) - (await all('late_outcomes_total'))
  const again = (await all('suppressed_repeats_total')) + (await all('given_back_records_total'))
  assert.equal(await all('consumed_records_total'), outcomes + again)
  assert.ok(outcomes >= records, `${outcomes} outcomes of ${records} records`)
})
