// Reads the relay's topic with a consumer of your own: the bytes of a record become the event, and the
// Envelope it came in.
//
//   node --import tsx examples/decode-records.ts 127.0.0.1:9092 http://127.0.0.1:8081
//
// That is in a checkout. With the package installed: copy it into a folder whose package.json has "type": "module",
// then `npx tsx decode-records.ts` and the same addresses.
import kafkajs from 'kafkajs'
import { EventDecoder, SchemaRegistryClient } from 'registry-relay/kafka'

const [broker = '127.0.0.1:9092', registryUrl = 'http://127.0.0.1:8081', topic = 'registry.events.v1'] =
  process.argv.slice(2)

const registry = new SchemaRegistryClient({ url: registryUrl })
const decoder = new EventDecoder({ registry })
const consumer = new kafkajs.Kafka({ clientId: 'example', brokers: [broker] }).consumer({
  groupId: 'example',
})

await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    if (message.value === null) return
    // What it rejects with says whether a repeat can help: RECORD_UNDECODABLE never, a registry that is down
    // later. Thrown on, kafkajs reads the record again; a consumer in earnest would put the undecodable ones
    // aside.
    const { event, mediaType, body } = await decoder.decode(message.value)
    console.log(
      `${partition}/${message.offset} ${event.action} ${event.target?.repository} (${mediaType}, ${body.length} chars)`,
    )
  },
})

process.once('SIGINT', async () => {
  await consumer.disconnect()
  registry.close()
})
