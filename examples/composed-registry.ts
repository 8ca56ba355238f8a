// A tiny in-memory registry that reports what happens in it: decorated by `listen`, its events broadcast to a Kafka
// topic and to an HTTP endpoint.
//
//   node --import tsx examples/composed-registry.ts 127.0.0.1:9092 http://127.0.0.1:8081 http://127.0.0.1:8000/hook
//
// That is in a checkout. With the package installed: copy it and `in-memory-registry.ts` into a folder whose package.json
// has "type": "module", then `npx tsx composed-registry.ts` and the same addresses.
import { randomUUID } from 'node:crypto'
import {
  Broadcaster,
  Endpoint,
  type Event,
  listen,
  newBridge,
  newSourceRecord,
  newURLBuilder,
} from 'registry-relay'
import { openKafkaSink } from 'registry-relay/kafka'
import { digestOf, InMemoryRegistry } from './in-memory-registry.ts'

const [
  broker = '127.0.0.1:9092',
  registryUrl = 'http://127.0.0.1:8081',
  url = 'http://127.0.0.1:8000/hook',
  topic = 'registry.events.v1',
] = process.argv.slice(2)

const kafka = openKafkaSink({
  kafka: { brokers: [broker] },
  schemaRegistry: { url: registryUrl, mode: 'register' },
  topic,
  profile: 'distribution-3',
})
const endpoint = new Endpoint({ name: 'hook', url, profile: 'distribution-3' })
const events = new Broadcaster<Event>([kafka, endpoint])

// What a registry does once per request.
const listener = newBridge({
  urlBuilder: newURLBuilder({ host: 'https://registry.example.test' }),
  source: newSourceRecord({ httpAddr: '127.0.0.1:5000' }),
  actor: { name: 'ci' },
  request: { id: randomUUID(), method: 'PUT', useragent: 'example' },
  sink: events,
  includeReferences: true,
})
const store = new InMemoryRegistry()
const { repository } = listen(store.repository('team/app'), store, listener)
const other = listen(store.repository('team/copy'), store, listener).repository

// Push an image, pull it, mount its layer elsewhere, delete it.
const layer = Buffer.from('a layer')
const config = Buffer.from('{}')
for (const content of [layer, config]) {
  const writer = await repository.blobs.create()
  if (!('write' in writer)) throw new Error('nothing was to be mounted')
  writer.write(content)
  await writer.commit({ digest: digestOf(content) })
}
const payload = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length },
    ],
  }),
)
const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', payload }
await repository.manifests.put(manifest, { tag: '1.0' })
await repository.manifests.get(digestOf(payload))
await other.blobs.create({ mountFrom: { repository: 'team/app', digest: digestOf(layer) } })
await repository.manifests.delete(digestOf(payload))

// Waits until Kafka and the endpoint have all of it.
await events.close()
console.log(JSON.stringify(endpoint.readMetrics()))
