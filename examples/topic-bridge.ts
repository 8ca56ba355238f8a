// Delivers the relay's topic to one HTTP endpoint, from within your own program.
//
//   node --import tsx examples/topic-bridge.ts 127.0.0.1:9092 http://127.0.0.1:8081 http://127.0.0.1:8000/hook
//
// That is in a checkout. With the package installed: copy it into a folder whose package.json has "type": "module",
// then `npx tsx topic-bridge.ts` and the same addresses.
import { type Facts, type Logger, noTelemetry } from 'registry-relay'
import { openTopicBridge } from 'registry-relay/kafka'

const [
  broker = '127.0.0.1:9092',
  registryUrl = 'http://127.0.0.1:8081',
  url = 'http://127.0.0.1:8000/hook',
  topic = 'registry.events.v1',
] = process.argv.slice(2)

// What holds events up, as an endpoint that is down, is told to a logger and nobody else; one like pino's shows all facts.
const tell = ({ err }: Facts, message: string): void =>
  console.error(err instanceof Error ? `${message}: ${err.message}` : message)
const logger: Logger = { debug() {}, info() {}, warn: tell, error: tell, child: () => logger }

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
  telemetry: { ...noTelemetry, logger },
})

await bridge.start()
console.log(`delivering ${topic} to ${new URL(url).origin} as group ${bridge.groupId}; Ctrl-C stops`)

process.once('SIGINT', () => bridge.close())
