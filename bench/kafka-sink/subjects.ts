import type { RecordSinkOptions } from '../../src/kafka/record-sink.ts'
import { noTelemetry, type Telemetry } from '../../src/telemetry.ts'
import { bareProducer, PlainBatcher } from '../rivals/plain-batcher.ts'
import type { Built } from './built.ts'
import { bytesOf, eventsOf, recordsOf, schemaId } from './payloads.ts'

/** Something that is measured: `write` number n resolves when Kafka has `perWrite` more records. */
export interface Subject {
  readonly perWrite: number
  write(n: number): Promise<unknown>
  close(): Promise<void>
}

export interface Place {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly parts: Built
}

export const subjects = {
  'kafka sink': kafkaSink,
  'record sink': recordSink,
  'plain batcher': plainBatcher,
  'bare batches of 1,000': bareBatches,
  'bare send': bareSend,
} as const satisfies Readonly<Record<string, (place: Place) => Promise<Subject>>>

export type SubjectName = keyof typeof subjects

/** Events, from objects to what all in-sync replicas have, with metrics as in a service. */
async function kafkaSink(place: Place): Promise<Subject> {
  const events = eventsOf(place.parts)
  const sink = new place.parts.kafkaSink.KafkaSink(sinkOptions(place))
  await sink.start()
  return {
    perWrite: 1,
    write: (n) => sink.write([events[n % events.length] ?? {}]),
    close: () => sink.close(),
  }
}

/** The same with data that are ready, as from a gateway. */
async function recordSink(place: Place): Promise<Subject> {
  const records = recordsOf(place.parts)
  const [first] = records
  if (first === undefined) throw new Error('no records')
  const sink = new place.parts.recordSink.RecordSink(sinkOptions(place))
  await sink.start()
  return {
    perWrite: 1,
    write: (n) => sink.write([{ ...(records[n % records.length] ?? first), receivedAt: Date.now() }]),
    close: () => sink.close(),
  }
}

async function plainBatcher({ brokers, topic, partitions, parts }: Place): Promise<Subject> {
  const bytes = bytesOf(parts)
  const batcher = await PlainBatcher.connect(brokers, topic, partitions)
  return {
    perWrite: 1,
    write: (n) => {
      const { key, value } = bytes[n % bytes.length] ?? { key: Buffer.alloc(0), value: Buffer.alloc(0) }
      return batcher.write(key, value)
    },
    close: () => batcher.close(),
  }
}

/** A thousand records in one send to one partition: nobody waits for a record of their own. */
async function bareBatches({ brokers, topic, partitions, parts }: Place): Promise<Subject> {
  const bytes = bytesOf(parts).slice(0, 1_000)
  const producer = bareProducer(brokers)
  await producer.connect()
  return {
    perWrite: bytes.length,
    write: (n) => {
      const partition = n % partitions
      return producer.send({ topic, acks: -1, messages: bytes.map((one) => ({ ...one, partition })) })
    },
    close: () => producer.disconnect(),
  }
}

async function bareSend({ brokers, topic, parts }: Place): Promise<Subject> {
  const bytes = bytesOf(parts)
  const producer = bareProducer(brokers)
  await producer.connect()
  return {
    perWrite: 1,
    write: (n) =>
      producer.send({ topic, acks: -1, messages: bytes.slice(n % bytes.length, (n % bytes.length) + 1) }),
    close: () => producer.disconnect(),
  }
}

function sinkOptions({ brokers, topic, parts }: Place): RecordSinkOptions {
  const metrics = new parts.metrics.PrometheusMetrics({ version: 'bench', process: false })
  const telemetry: Telemetry = { logger: noTelemetry.logger, metrics }
  const kafka = parts.client.createKafka({ brokers }, telemetry)
  return {
    topic,
    producer: parts.producer.kafkajsProducers(kafka, { topic }),
    schemaIds: { idOf: () => schemaId },
    telemetry,
  }
}
