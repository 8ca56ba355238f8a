import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { applyTopics, startGateway } from '../../src/app/compose.ts'
import { startBridge } from '../../src/app/compose-bridge.ts'
import { type ReceivedPost, Receiver } from '../../src/app/receiver.ts'
import { Supervisor } from '../../src/app/supervisor.ts'
import { createTelemetry } from '../../src/app/telemetry.ts'
import type { Config } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { Secret } from '../../src/config/secret.ts'
import { until } from './until.ts'

export interface Relay {
  readonly config: Config
  /** Where to post notifications. */
  readonly url: string
  /** What the receiver behind the bridge got, in order. */
  readonly received: readonly ReceivedPost[]
  /** Resolves when the receiver has at least `count` posts; rejects after `ms`. */
  receivedAtLeast(count: number, ms?: number): Promise<void>
}

export interface RelayOptions {
  /** Further keys of the gateway's configuration, as YAML's flow style has them. */
  readonly gateway?: string
  /** Further keys of `topics`, in the same style. */
  readonly topics?: string
  /** Keys of `records`, and further ones of `kafka`. */
  readonly records?: string
  readonly kafka?: string
}

/** Gateway, topic, bridge and receiver of a test's own, on servers that may be shared. Stopped when the test ends. */
export async function startRelay(
  t: TestContext,
  servers: { readonly brokers: readonly string[]; readonly schemaRegistryUrl: string },
  options: RelayOptions = {},
): Promise<Relay> {
  const telemetry = createTelemetry({ level: 'error', format: 'json' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  t.after(() => supervisor.stop())

  const received: ReceivedPost[] = []
  const receiver = new Receiver({ host: '127.0.0.1', port: 0, onPost: (post) => received.push(post) })
  const receiverUrl = await receiver.start()
  supervisor.add('receiver', () => receiver.close())

  const spoolFolder = mkdtempSync(join(tmpdir(), 'relay-spool-'))
  supervisor.add('spool folder', async () => rmSync(spoolFolder, { recursive: true, force: true }))
  const config = relayConfig(servers, receiverUrl, spoolFolder, options)
  await applyTopics(config, telemetry)
  const bridges = await startBridge(config, telemetry, supervisor)
  const gateway = await startGateway(config, telemetry, supervisor)
  const parts = Object.values({ ...bridges.parts, ...gateway.parts })
  await until(() => parts.every((part) => part().ready && part().reason === undefined), {
    what: () => JSON.stringify(parts.map((part) => part())),
  })
  return {
    config,
    url: gateway.url,
    received,
    receivedAtLeast: (count, ms = 60_000) =>
      until(() => received.length >= count, {
        ms,
        what: () => `${received.length} of ${count} posts at the receiver`,
      }),
  }
}

function relayConfig(
  servers: { readonly brokers: readonly string[]; readonly schemaRegistryUrl: string },
  receiverUrl: string,
  spoolFolder: string,
  { gateway = '', topics = '', records = '', kafka = '' }: RelayOptions,
): Config {
  const run = randomUUID().slice(0, 8)
  return parseConfig(
    `
kafka: { brokers: [${servers.brokers.map((address) => `"${address}"`).join(', ')}], ${kafka} }
records: { ${records} }
topics: { events: events-${run}, deadLetters: dlq-${run}, rejected: rejected-${run}, partitions: 6, replicationFactor: 1, ${topics} }
schemaRegistry: { url: "${servers.schemaRegistryUrl}", mode: register }
gateway: { port: 0, ${gateway} }
spool: { folder: "${spoolFolder}" }
bridge: { group: relay-${run}, endpoints: [{ name: receiver, url: "${receiverUrl}" }] }
`,
    { fileName: 'test.yaml', environment: {}, readSecret: () => new Secret('') },
  )
}
