import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import type { Random } from '../../src/clock.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { readEnvironment } from '../../src/local-stack/environment.ts'
import type { LocalServer } from '../../src/local-stack/local-server.ts'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import type { TopicRecord } from '../crash/operation.ts'
import { readTopic, type Servers } from '../crash/topic-reader.ts'
import { wipeRegistry } from '../integration/avro/registries.ts'
import { FaultProxy } from '../support/fault-proxy/fault-proxy.ts'
import { moveLeader } from '../support/leaders.ts'
import { until } from '../support/until.ts'

export interface ClusterOptions {
  /** Default 3. */
  readonly brokers?: number
  readonly random: Random
  readonly onProgress?: (line: string) => void
}

/** Time for a broker that was killed to be taken back, and to read what it missed. Milliseconds. */
const settleMs = 120_000
const readAttempts = 3

/**
 * Brokers behind a fault proxy. Gateways and publishers are told the proxy's ports; what the run itself asks goes to a
 * listener that no fault stands in front of, and the brokers among each other use none of it.
 */
export class Cluster {
  readonly proxy: FaultProxy
  /** Of the way without faults. */
  readonly direct: Servers
  /** Of the way through the proxy. */
  readonly proxied: Servers
  readonly #stack: LocalStack
  /** Holds the folder of the stack, which is removed with it, also when this process is killed. */
  readonly #around: string

  private constructor(stack: LocalStack, proxy: FaultProxy, around: string) {
    this.#stack = stack
    this.#around = around
    this.proxy = proxy
    const { schemaRegistryUrl } = stack
    this.proxied = { brokers: stack.brokers, schemaRegistryUrl }
    this.direct = { brokers: stack.listenerAddresses('DIRECT'), schemaRegistryUrl }
  }

  static async start({ brokers = 3, random, onProgress }: ClusterOptions): Promise<Cluster> {
    let proxy: FaultProxy | undefined
    const around = mkdtempSync(join(tmpdir(), 'chaos-data-'))
    const stack = await startLocalStack({
      brokerCount: brokers,
      ways: ['java'],
      environment: { ...readEnvironment().variables, TMPDIR: around },
      listeners: [{ name: 'DIRECT', protocol: 'PLAINTEXT' }],
      // A follower that hangs holds every write up for so long: 30 s by default.
      brokerProperties: { 'replica.lag.time.max.ms': '3000' },
      advertise: async (nodes) => {
        await proxy?.close()
        proxy = await FaultProxy.listen(nodes.length, random)
        proxy.forwardTo(nodes.map(({ port }) => `127.0.0.1:${port}`))
        return proxy.ports
      },
      onProgress: ({ step, detail }) => onProgress?.(`real parts: ${step} ${detail ?? ''}`),
    })
    if (proxy === undefined) throw new Error('the brokers were not asked what to advertise')
    return new Cluster(stack, proxy, around)
  }

  /** By broker id, from 1. */
  get ids(): readonly number[] {
    return this.#stack.nodes.map((_, index) => index + 1)
  }

  node(id: number): LocalServer {
    const node = this.#stack.nodes[id - 1]
    if (node === undefined) throw new RangeError(`no broker ${id}`)
    return node
  }

  /** What ids come from. No fault of the proxy stands in front of it. */
  get registry(): LocalServer {
    return this.#stack.schemaRegistry
  }

  /** Takes away what the registry knew, which must have been killed. */
  async wipeRegistry(): Promise<void> {
    const data = readdirSync(this.#around).find((name) => name.startsWith('registry-relay-'))
    if (data === undefined) throw new Error(`no data of a stack in ${this.#around}`)
    await wipeRegistry(join(this.#around, data))
  }

  /** Where the next record of each partition goes. */
  async ends(topic: string): Promise<ReadonlyMap<number, number>> {
    const offsets = await this.admin((admin) => admin.fetchTopicOffsets(topic))
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
  }

  /** Side by side, since one of three does not come up without another. */
  async startAll(): Promise<void> {
    await Promise.all(this.#stack.nodes.map((node) => node.start()))
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#stack.nodes.map((node) => node.kill()))
  }

  /** Of a topic, by partition. */
  async partitions(topic: string): Promise<readonly kafkajs.PartitionMetadata[]> {
    const found = await this.admin(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions ?? []
    })
    return found.toSorted((a, b) => a.partitionId - b.partitionId)
  }

  async leaderOf(topic: string, partition: number): Promise<number> {
    return (await this.partitions(topic))[partition]?.leader ?? -1
  }

  /** The next broker becomes the leader, while all goes on. */
  async moveLeader(topic: string, partition: number): Promise<void> {
    const leader = await this.leaderOf(topic, partition)
    const to = (leader % this.ids.length) + 1
    await moveLeader(this.#anyDirect, { topic, partition, to })
  }

  /** Sets one setting of a topic. */
  alterTopic(topic: string, name: string, value: string): Promise<void> {
    return this.admin(async (admin) => {
      const type = kafkajs.ConfigResourceTypes.TOPIC
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type, name: topic }],
      })
      // This request of the client replaces all settings of the topic: what it does not name falls back to the broker's.
      const others = (resources[0]?.configEntries ?? [])
        .filter((entry) => !entry.isDefault && entry.configName !== name)
        .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
      const configEntries = [...others, { name, value }]
      await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] })
    })
  }

  /** On connections of its own, because brokers come and go between two calls. */
  async admin<T>(use: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    const { brokers } = this.direct
    const kafka = createKafka({ brokers, requestTimeoutMs: 5_000, connectionTimeoutMs: 1_000 }, noTelemetry)
    const admin = kafka.admin()
    try {
      await admin.connect()
      return await use(admin)
    } finally {
      await admin.disconnect()
    }
  }

  /** No fault any more: resolves when every broker and the registry run and every partition of the topics has all its replicas in sync. */
  async heal(topics: readonly string[]): Promise<void> {
    this.proxy.heal()
    for (const node of [...this.#stack.nodes, this.registry]) node.resume()
    await Promise.all([this.startAll(), this.registry.start()])
    for (const topic of topics) await this.inSync(topic)
  }

  async inSync(topic: string): Promise<void> {
    let seen = 'nothing'
    const whole = async (): Promise<boolean> => {
      const partitions = await this.partitions(topic)
      seen = JSON.stringify(partitions.map(({ partitionId, leader, isr }) => ({ partitionId, leader, isr })))
      return (
        partitions.length > 0 &&
        partitions.every(({ isr, leader }) => leader > 0 && isr.length === this.ids.length)
      )
    }
    const quietly = (error: Error): boolean => {
      seen = error.message
      return false
    }
    await until(() => whole().catch(quietly), {
      ms: settleMs,
      what: () => `${topic} is not in sync: ${seen}`,
    })
  }

  /** All that is in a topic, decoded. */
  async read(topic: string): Promise<readonly TopicRecord[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readTopic(this.direct, topic)
      } catch (error) {
        // On a busy machine a broker may fall out of the cluster for a moment, also when nobody hurts it.
        if (attempt === readAttempts) throw error
        await this.inSync(topic)
      }
    }
  }

  async stop(): Promise<void> {
    for (const node of [...this.#stack.nodes, this.registry]) node.resume()
    await this.#stack.stop()
    await this.proxy.close()
    rmSync(this.#around, { recursive: true, force: true, maxRetries: 3 })
  }

  get #anyDirect(): string {
    return String(this.direct.brokers[0])
  }
}
