import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import {
  type Distribution,
  manifestOf,
  missingRegistry,
  pushBlob,
  pushManifest,
  type RealRegistry,
  startRegistry,
} from '../support/real-registry.ts'
import { stopsInReverse } from '../support/stops.ts'
import { until } from '../support/until.ts'
import { GatewayBed, type RunningBed } from './gateway/gateway-bed.ts'

const distributions = ['2.8', '3.1'] as const
const ackModes = ['spool', 'kafka'] as const
type AckMode = (typeof ackModes)[number]

let stack: LocalStack
before(async () => {
  stack = await startLocalStack({ ways: ['docker', 'java'] })
})
after(() => stack.stop())

/** A real registry with somebody who pushes images to it, one after the other, to two repositories in turn. */
class BusyRegistry {
  readonly name: string
  readonly ackMode: AckMode
  /** By repository: what it did, in order. */
  readonly operations: Map<string, string[]> = new Map()
  readonly #registry: RealRegistry
  #stopping = false
  readonly #pushing: Promise<void>

  constructor(registry: RealRegistry, ackMode: AckMode) {
    this.#registry = registry
    this.ackMode = ackMode
    this.name = `distribution-${registry.distribution}-${ackMode}`
    this.#pushing = this.#push()
    // Looked at when the pushing ends.
    this.#pushing.catch(() => undefined)
  }

  get count(): number {
    return [...this.operations.values()].reduce((sum, { length }) => sum + length, 0)
  }

  pending(): Promise<number> {
    return this.#registry.pending()
  }

  stopPushing(): Promise<void> {
    this.#stopping = true
    return this.#pushing
  }

  async #push(): Promise<void> {
    const { url } = this.#registry
    for (let image = 0; !this.#stopping; image += 1) {
      const repository = `${this.name}/app-${image % 2}`
      const layer = Buffer.from(`layer ${image} of ${repository}`)
      const config = Buffer.from(`{"config":${image}}`)
      for (const blob of [layer, config]) {
        this.#did(repository, `push ${await pushBlob(url, repository, blob)}`)
      }
      const digest = await pushManifest(url, repository, `v${image}`, manifestOf(config, layer))
      this.#did(repository, `push ${digest} v${image}`)
      await pause(250)
    }
  }

  #did(repository: string, operation: string): void {
    this.operations.set(repository, [...(this.operations.get(repository) ?? []), operation])
  }
}

interface Gateway {
  readonly bed: GatewayBed
  readonly running: RunningBed
}

async function startGateways(t: TestContext): Promise<{
  readonly gateways: Readonly<Record<AckMode, Gateway>>
  readonly registries: readonly BusyRegistry[]
}> {
  const stops = stopsInReverse(t)
  const start = async (ackMode: AckMode): Promise<Gateway> => {
    const bed = new GatewayBed(stack, { gateway: { ackMode } })
    stops(() => bed.remove())
    await bed.createTopics()
    const running = await bed.start()
    stops(() => running.stop())
    await until(async () => (await running.readyz()).status === 200)
    return { bed, running }
  }
  const gateways = { spool: await start('spool'), kafka: await start('kafka') }
  const registries: BusyRegistry[] = []
  for (const distribution of distributions) {
    for (const ackMode of ackModes) {
      const registry = await startRegistry({ distribution, notifications: gateways[ackMode].running.url })
      const busy = new BusyRegistry(registry, ackMode)
      registries.push(busy)
      stops(() => registry.stop())
      stops(() => busy.stopPushing().catch(() => undefined))
    }
  }
  return { gateways, registries }
}

/** What the topic holds of each repository, in the words of {@link BusyRegistry.operations}. */
async function inTopic(bed: GatewayBed): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const { key, event } of await bed.storedEvents()) {
    const { digest, tag } = event.target ?? {}
    const operation = [event.action, digest, tag].filter((part) => part !== undefined && part !== '')
    found.set(key, [...(found.get(key) ?? []), operation.join(' ')])
  }
  return found
}

test('Distribution 2.8 and 3.1 with default settings, Kafka away: the topic has every operation of theirs once and in order, in both ack modes', {
  skip: skipReason(distributions),
}, async (t) => {
  const { gateways, registries } = await startGateways(t)
  const did = (count: number): Promise<void> =>
    until(() => registries.every((registry) => registry.count >= count), {
      ms: 60_000,
      what: () => registries.map(({ name, count: done }) => `${name}: ${done}`).join(', '),
    })
  await did(12)
  await stack.kafka.stop()
  // With the defaults of a registry (ten failures, then one try a second) its tries are of the slow kind by then.
  const direct = registries.filter(({ ackMode }) => ackMode === 'kafka')
  await until(async () => (await Promise.all(direct.map((one) => one.pending()))).every((n) => n >= 20), {
    ms: 180_000,
    what: () => direct.map(({ name }) => name).join(', '),
  })
  // A registry cannot tell that Kafka is away from a gateway with a spool, and waits for one without.
  for (const registry of registries) {
    if (registry.ackMode === 'spool') {
      await until(async () => (await registry.pending()) === 0, { what: () => registry.name })
    } else {
      t.diagnostic(`${registry.name}: ${await registry.pending()} events pending at the end of the outage`)
    }
  }
  assert.notEqual((await gateways.spool.running.readyz()).parts['spool']?.reason, undefined)

  await stack.kafka.start()
  const before = Math.max(...registries.map(({ count }) => count))
  await did(before + 12)
  for (const registry of registries) await registry.stopPushing()
  for (const registry of registries) {
    await until(async () => (await registry.pending()) === 0, { ms: 60_000, what: () => registry.name })
  }
  await gateways.spool.running.emptied()

  for (const ackMode of ackModes) {
    const expected = new Map(
      registries.filter((one) => one.ackMode === ackMode).flatMap(({ operations }) => [...operations]),
    )
    const found = await inTopic(gateways[ackMode].bed)
    for (const [repository, operations] of expected) {
      assert.deepEqual(found.get(repository), operations, repository)
    }
    assert.equal(found.size, expected.size)
  }
  t.diagnostic(registries.map(({ name, count }) => `${name}: ${count} operations`).join(', '))
})

function skipReason(wanted: readonly Distribution[]): string | false {
  const reasons = wanted.map(missingRegistry).filter((reason) => reason !== false)
  return reasons.length === 0 ? false : reasons.join('; ')
}
