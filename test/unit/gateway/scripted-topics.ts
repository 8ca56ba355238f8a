import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { EventRecord } from '../../../src/avro/record.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { Pump } from '../../../src/gateway/pump.ts'
import type { PumpLimits } from '../../../src/gateway/pump-limits.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import type { Topics } from '../../../src/gateway/topics.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'
import type { Spool } from '../../../src/spool/spool.ts'
import { noTelemetry, type Telemetry } from '../../../src/telemetry.ts'

/** By the first word of an event. */
const topics: Topics = {
  events: ['push', 'pull'],
  rejected: 'rejected',
  topicOf: ({ datum }: EventRecord) => String(datum).split('-')[0] ?? '',
}

/** Stands for Kafka. Each topic takes what comes, or holds it until it is alive again, or refuses it. */
export class ScriptedTopics implements Sink<GatewayItem> {
  readonly arrived: Record<string, string[]> = { push: [], pull: [], rejected: [] }
  readonly tried: Record<string, number> = { push: 0, pull: 0, rejected: 0 }
  readonly #held = new Map<string, (() => void)[]>()
  readonly #refusing = new Map<string, Error>()

  dies(topic: string): void {
    if (!this.#held.has(topic)) this.#held.set(topic, [])
  }

  refuses(topic: string, error: Error): void {
    this.#refusing.set(topic, error)
  }

  /** It takes what it holds, in order, and all that comes. */
  lives(topic: string): void {
    const held = this.#held.get(topic) ?? []
    this.#held.delete(topic)
    this.#refusing.delete(topic)
    for (const go of held) go()
  }

  async write(items: readonly GatewayItem[]): Promise<void> {
    await Promise.all(items.map((item) => this.#write(item)))
  }

  async close(): Promise<void> {}

  async #write(item: GatewayItem): Promise<void> {
    const isEvent = item.kind === 'event'
    const topic = isEvent ? topics.topicOf(item.record) : topics.rejected
    this.tried[topic] = (this.tried[topic] ?? 0) + 1
    const held = this.#held.get(topic)
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve))
    const refusal = this.#refusing.get(topic)
    if (refusal !== undefined) throw refusal
    this.arrived[topic]?.push(String(isEvent ? item.record.datum : item.record.value))
  }
}

export interface PumpBed {
  readonly spool: Spool
  readonly route: Sink<GatewayItem>
  readonly limits?: Partial<PumpLimits>
  readonly onFailure?: (error: Error) => void
  readonly telemetry?: Telemetry
}

export function pumpOf({ limits, telemetry = noTelemetry, ...bed }: PumpBed): Pump {
  return new Pump({
    ...bed,
    topics,
    quarantine: createQuarantine(),
    limits: { retryMs: 5, ackMs: 5, stuckMs: 20, ...limits },
    telemetry,
  })
}

export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pump-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function openSpool(folder: string): Promise<FileSpool> {
  return FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
}
