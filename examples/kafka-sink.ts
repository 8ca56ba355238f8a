// Writes an event of your own into the relay's topic.
//
//   node --import tsx examples/kafka-sink.ts 127.0.0.1:9092 http://127.0.0.1:8081
//
// That is in a checkout. With the package installed: copy it into a folder whose package.json has "type": "module",
// then `npx tsx kafka-sink.ts` and the same addresses.
import { randomUUID } from 'node:crypto'
import { openKafkaSink } from 'registry-relay/kafka'

const [broker = '127.0.0.1:9092', registryUrl = 'http://127.0.0.1:8081', topic = 'registry.events.v1'] =
  process.argv.slice(2)

const sink = openKafkaSink({
  kafka: { brokers: [broker] },
  schemaRegistry: { url: registryUrl, mode: 'register' },
  topic,
})
const event = {
  id: randomUUID(),
  timestamp: new Date().toISOString(),
  action: 'push',
  target: { repository: 'team/app', tag: '1.0' },
}
// Resolves when all in-sync replicas have it; the signal is how long to wait.
const [ack] = await sink.write([event], { signal: AbortSignal.timeout(10_000) })
console.log(`${ack?.topic}[${ack?.partition}]@${ack?.offset}, schema ${ack?.schemaId}`)
await sink.close()
