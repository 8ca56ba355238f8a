import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyTopics, startGateway } from '../../../src/app/compose.ts'
import { startManagement } from '../../../src/app/management.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { createTelemetry } from '../../../src/app/telemetry.ts'
import { type DecodedRecord, EventDecoder } from '../../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { relayTopics } from '../../../src/kafka/topics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import type { TopicRecord } from '../../crash/operation.ts'
import { readTopic, type Servers } from '../../crash/topic-reader.ts'
import { type RawRecord, readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'

/** What a test sets, block by block, over what all of them have. */
export interface Settings {
  readonly kafka?: Readonly<Record<string, unknown>>
  readonly topics?: Readonly<Record<string, unknown>>
  readonly gateway?: Readonly<Record<string, unknown>>
  readonly spool?: Readonly<Record<string, unknown>>
  readonly schemaRegistry?: Readonly<Record<string, unknown>>
}

export interface StoredEvent extends DecodedRecord {
  readonly key: string
}

export interface PartAnswer {
  readonly ready: boolean
  readonly reason?: string
}

/** Topics, configuration and spool of one gateway; it may be started any number of times, one after the other. */
export class GatewayBed {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'relay-gateway-'))
  /** For the command line. */
  readonly configFile: string = join(this.folder, 'relay.yaml')
  readonly spoolFolder: string
  readonly config: Config
  readonly servers: Servers

  /** The topics are not made yet; see {@link GatewayBed.createTopics}. */
  constructor(servers: Servers, settings: Settings = {}) {
    this.servers = servers
    this.spoolFolder = String(settings.spool?.['folder'] ?? join(this.folder, 'spool'))
    const run = randomUUID().slice(0, 8)
    // A disk that is slow for a while is no refusal here.
    const patience = settings.gateway?.['ackMode'] === 'kafka' ? {} : { ackBudgetMs: 20_000 }
    const text = JSON.stringify({
      kafka: { brokers: servers.brokers, ...settings.kafka },
      topics: {
        events: `events-${run}`,
        deadLetters: `dlq-${run}`,
        rejected: `rejected-${run}`,
        partitions: 6,
        replicationFactor: 1,
        ...settings.topics,
      },
      schemaRegistry: { url: servers.schemaRegistryUrl, mode: 'register', ...settings.schemaRegistry },
      gateway: { port: 0, publisherId: 'test', ...patience, ...settings.gateway },
      spool: { folder: this.spoolFolder, ...settings.spool },
      management: { port: 0 },
      logging: { level: 'info', format: 'json' },
    })
    writeFileSync(this.configFile, text)
    this.config = parseConfig(text, {
      fileName: 'test.yaml',
      environment: {},
      readSecret: () => new Secret(''),
    })
  }

  /** With `but`: all without this one. */
  async createTopics(but?: string): Promise<void> {
    if (but === undefined) {
      await applyTopics(this.config, noTelemetry)
      return
    }
    const admin = new KafkaAdmin(createKafka({ brokers: this.servers.brokers }, noTelemetry))
    try {
      await admin.ensureTopics(relayTopics(this.config.topics).filter(({ topic }) => topic !== but))
    } finally {
      await admin.close()
    }
  }

  async start(): Promise<RunningBed> {
    const telemetry = createTelemetry({ level: 'silent', format: 'json' }, 'stderr')
    const supervisor = new Supervisor(telemetry.logger)
    try {
      const { url, parts } = await startGateway(this.config, telemetry, supervisor)
      const management = await startManagement(this.config, telemetry, supervisor, parts)
      return new RunningBed(url, management, supervisor)
    } catch (error) {
      await supervisor.stop()
      throw error
    }
  }

  events(): Promise<readonly TopicRecord[]> {
    return readTopic(this.servers, this.config.topics.events)
  }

  /** The same with the events themselves, in the order of partition and offset. */
  async storedEvents(): Promise<readonly StoredEvent[]> {
    const registry = new SchemaRegistryClient({ url: this.servers.schemaRegistryUrl })
    try {
      const decoder = new EventDecoder({ registry })
      const records = await readRecords(this.servers.brokers, this.config.topics.events)
      return await Promise.all(
        records.map(async ({ key, value }) => ({ key, ...(await decoder.decode(value)) })),
      )
    } finally {
      registry.close()
    }
  }

  rejected(): Promise<readonly RawRecord[]> {
    return readRecords(this.servers.brokers, this.config.topics.rejected)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A gateway in this process, asked from outside as its operator would. */
export class RunningBed {
  /** Where to post notifications. */
  readonly url: string
  readonly management: string
  readonly #supervisor: Supervisor

  constructor(url: string, management: string, supervisor: Supervisor) {
    this.url = url
    this.management = management
    this.#supervisor = supervisor
  }

  /** True when all of it stopped in time. */
  stop(): Promise<boolean> {
    return this.#supervisor.stop()
  }

  readyz(): Promise<Readyz> {
    return readyz(this.management)
  }

  emptied(ms?: number): Promise<void> {
    return spoolEmptied(this.management, ms)
  }

  /** The sum over all labels that `labels` is part of. */
  async metric(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.management}/metrics`)).text()
    return text
      .split('\n')
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
}

export interface Readyz {
  readonly status: number
  readonly parts: Readonly<Record<string, PartAnswer>>
}

export async function readyz(management: string): Promise<Readyz> {
  const response = await fetch(`${management}/readyz`)
  const { parts } = (await response.json()) as Pick<Readyz, 'parts'>
  return { status: response.status, parts }
}

/** Resolves when Kafka has all that was in the spool. */
export async function spoolEmptied(management: string, ms = 60_000): Promise<void> {
  let last: Readyz | undefined
  await until(
    async () => {
      last = await readyz(management)
      return last.parts['spool']?.ready === true && last.parts['spool'].reason === undefined
    },
    { ms, what: () => JSON.stringify(last?.parts) },
  )
}

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** Of a refusal. */
  readonly code: string | undefined
  readonly tookMs: number
}

export async function post(
  url: string,
  body: string | Buffer,
  contentType = 'application/json',
): Promise<Answer> {
  const began = performance.now()
  const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': contentType } })
  const text = await response.text()
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    code: /"code":"(\w+)"/.exec(text)?.[1],
    tookMs: performance.now() - began,
  }
}

/** An Envelope of one small event. */
export function envelope(id: string, repository = 'library/app', userAgent = 'test'): string {
  return JSON.stringify({ events: [{ id, target: { repository }, request: { useragent: userAgent } }] })
}
