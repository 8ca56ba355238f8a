import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { Contender } from './contender.ts'
import type { SinkBenchOptions } from './options.ts'
import type { SubjectName } from './subjects.ts'

const partitions = 12
const mebibyte = 1024 * 1024

/** One broker with the settings of an ordinary Java, and a topic for each contender. */
export class Bed {
  readonly brokers: readonly string[]
  readonly #stack: LocalStack
  readonly #admin: KafkaAdmin
  readonly #contenders: Contender[] = []

  private constructor(stack: LocalStack) {
    this.#stack = stack
    this.brokers = stack.brokers
    this.#admin = new KafkaAdmin(createKafka({ brokers: stack.brokers }, noTelemetry))
  }

  static async start(): Promise<Bed> {
    const stack = await startLocalStack({
      schemaRegistry: false,
      ways: ['java', 'docker'],
      jvmOptions: ['-Xms1g', '-Xmx1g'],
      brokerProperties: { 'log.retention.check.interval.ms': '10000' },
    })
    return new Bed(stack)
  }

  /** A topic that keeps little: what counts is how far its offsets went, and a long run must not fill the disk. */
  async topic(name: string): Promise<string> {
    const topic = `bench-${name.replace(/[^a-z0-9]+/g, '-')}`
    const settings = { 'retention.bytes': String(32 * mebibyte), 'segment.bytes': String(16 * mebibyte) }
    await this.#admin.ensureTopics([{ topic, partitions, replicationFactor: 1, settings }])
    return topic
  }

  async contender(name: SubjectName, options: SinkBenchOptions): Promise<Contender> {
    const topic = await this.topic(name)
    const contender = await Contender.start(name, { brokers: this.brokers, topic, partitions }, options)
    this.#contenders.push(contender)
    return contender
  }

  /** Records that a topic ever had. */
  async count(topic: string): Promise<number> {
    const offsets = await this.#admin.latestOffsets(topic)
    return [...offsets.values()].reduce((sum, offset) => sum + Number(offset), 0)
  }

  async stop(): Promise<void> {
    for (const contender of this.#contenders) await contender.stop()
    await this.#admin.close()
    await this.#stack.stop()
  }
}
