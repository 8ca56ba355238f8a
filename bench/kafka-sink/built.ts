import { resolve } from 'node:path'

/** What is measured of the built package: what runs here is what is shipped. */
export interface Built {
  readonly kafkaSink: typeof import('../../src/kafka/kafka-sink.ts')
  readonly recordSink: typeof import('../../src/kafka/record-sink.ts')
  readonly client: typeof import('../../src/kafka/kafkajs/client.ts')
  readonly producer: typeof import('../../src/kafka/kafkajs/producer.ts')
  readonly metrics: typeof import('../../src/observability/metrics.ts')
  readonly envelope: typeof import('../../src/event/envelope.ts')
  readonly recordKey: typeof import('../../src/event/record-key.ts')
  readonly proof: typeof import('../../src/avro/proof.ts')
  readonly schema: typeof import('../../src/avro/event-schema.ts')
  readonly wireFormat: typeof import('../../src/avro/wire-format.ts')
}

export async function built(dist: string): Promise<Built> {
  const load = (...path: readonly string[]): Promise<unknown> => import(resolve(dist, ...path))
  return {
    kafkaSink: (await load('kafka', 'kafka-sink.js')) as Built['kafkaSink'],
    recordSink: (await load('kafka', 'record-sink.js')) as Built['recordSink'],
    client: (await load('kafka', 'kafkajs', 'client.js')) as Built['client'],
    producer: (await load('kafka', 'kafkajs', 'producer.js')) as Built['producer'],
    metrics: (await load('observability', 'metrics.js')) as Built['metrics'],
    envelope: (await load('event', 'envelope.js')) as Built['envelope'],
    recordKey: (await load('event', 'record-key.js')) as Built['recordKey'],
    proof: (await load('avro', 'proof.js')) as Built['proof'],
    schema: (await load('avro', 'event-schema.js')) as Built['schema'],
    wireFormat: (await load('avro', 'wire-format.js')) as Built['wireFormat'],
  }
}
