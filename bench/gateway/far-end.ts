import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { noTelemetry } from '../../src/telemetry.ts'

export interface FarEndReport {
  /** Records of the topic, and how many of them have the frame of the schema registry. */
  readonly records: number
  readonly framed: number
  /** Events answered 2xx, and how many of them are not in the topic, or there more than once. */
  readonly acked: number
  readonly missing: number
  readonly duplicated: number
}

/** The topics behind the contenders: a rate counts only as far as the records are there. */
export class FarEnd {
  readonly #brokers: readonly string[]
  readonly #tool: string
  readonly #admin: KafkaAdmin

  constructor(brokers: readonly string[], rivalsDir: string) {
    this.#brokers = brokers
    this.#tool = join(rivalsDir, 'ktool')
    this.#admin = new KafkaAdmin(createKafka({ brokers }, noTelemetry))
  }

  async createTopic(topic: string): Promise<void> {
    await this.#admin.ensureTopics([{ topic, partitions: 12, replicationFactor: 1, settings: {} }])
  }

  /** Records in the topic now. Nothing in it is a transaction's marker, so the sum of the offsets is their number. */
  async count(topic: string): Promise<number> {
    const offsets = await this.#admin.latestOffsets(topic)
    return [...offsets.values()].reduce((sum, offset) => sum + Number(offset), 0)
  }

  /** Reads the whole topic and looks for every acknowledged id. `idsFile` is written. */
  async check(topic: string, ids: readonly string[], idsFile: string): Promise<FarEndReport> {
    writeFileSync(idsFile, ids.join('\n'))
    const { stdout } = await promisify(execFile)(this.#tool, [
      ...['drain', '-bootstrap', this.#brokers.join(','), '-topic', topic, '-ids', idsFile],
    ])
    const number = (name: string): number => Number(stdout.match(new RegExp(`\\b${name} (\\d+)`))?.[1])
    return {
      records: number('records'),
      framed: number('framed'),
      acked: number('acked'),
      missing: number('missing'),
      duplicated: number('dup'),
    }
  }

  close(): Promise<void> {
    return this.#admin.close()
  }
}
