// Delivers the relay's topic to one HTTP endpoint, from within your own program.
//
//   node --import tsx examples/topic-bridge.ts 127.0.0.1:9092 http://127.0.0.1:8081 http://127.0.0.1:8000/hook
import { openTopicBridge } from 'registry-relay/kafka'

const [
  broker = '127.0.0.1:9092',
  registryUrl = 'http://127.0.0.1:8081',
  url = 'http://127.0.0.1:8000/hook',
  topic = 'registry.events.v1',
] = process.argv.slice(2)

const bridge = openTopicBridge({
  kafka: { brokers: [broker] },
  schemaRegistry: { url: registryUrl },
  topic,
  group: 'example',
  endpoint: { name: 'hook', url, headers: { Authorization: 'Bearer change-me' } },
  onDelivered: ({ event, offset, attempts, status }) =>
    console.log(
      `${offset} ${event.action} ${event.target?.repository}: ${status} after ${attempts} attempt(s)`,
    ),
})

await bridge.start()
console.log(`delivering ${topic} to ${new URL(url).origin} as group ${bridge.groupId}; Ctrl-C stops`)

process.once('SIGINT', () => bridge.close())
