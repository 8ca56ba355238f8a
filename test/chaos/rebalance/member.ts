// One member of the group of a chaos run: a whole bridge. The program of MemberProcess; a line on standard input starts
// it, SIGTERM stops it in good order, and it ends with whoever started it.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createTelemetry } from '../../../src/app/telemetry.ts'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import { KafkaDeadLetters } from '../../../src/kafka/kafkajs/consumer-dead-letters.ts'
import { TopicBridge } from '../../../src/topic-bridge/topic-bridge.ts'
import { type MemberConfig, memberHeader } from './member-config.ts'
import { reportJoins, stampRequests } from './stamps.ts'

const config = JSON.parse(process.argv[2] ?? '') as MemberConfig
stampRequests()
reportJoins((join) => process.stdout.write(`${JSON.stringify(join)}\n`))

const input = createInterface(process.stdin)
input.once('close', () => process.exit(1))
await once(input, 'line')

const { servers, name, topic, attemptMs, sessionTimeoutMs, group, endpoint } = config
const telemetry = createTelemetry({ level: 'info', format: 'json' }, 'stderr')
const kafka = createKafka({ brokers: servers.brokers, clientId: name }, telemetry)
const registry = new SchemaRegistryClient({ url: servers.schemaRegistryUrl, telemetry })
const bridge = new TopicBridge({
  ...{ group, endpoint, telemetry },
  consumer: (groupId) => new KafkaConsumer({ kafka, groupId, topics: [topic], sessionTimeoutMs, telemetry }),
  decoder: new EventDecoder({ registry, telemetry }),
  deliverer: new HttpDelivery({
    url: config.url,
    headers: { [memberHeader]: name },
    headersTimeoutMs: attemptMs,
    totalTimeoutMs: attemptMs,
  }),
  deadLetters: new KafkaDeadLetters({
    kafka,
    topic: config.deadLetterTopic,
    groupId: `${group}.${endpoint}`,
    endpoint,
  }),
})
const terminated = once(process, 'SIGTERM')
// Rejects only when it is closed before it has joined.
bridge.start().catch(() => undefined)
await terminated
await bridge.close()
registry.close()
process.exit(0)
