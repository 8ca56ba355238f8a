import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseConfig } from '../../../src/config/parse.ts'
import { variableOf } from '../../../src/local-stack/docker-way.ts'
import { urlOfSchemaRegistry } from '../../../src/local-stack/java-schema-registry.ts'
import { smallBroker } from '../../../src/local-stack/kafka-node.ts'
import { setBackwardCompatibility } from '../../../src/local-stack/schema-registry-probe.ts'
import { type ComposeService, composeServices } from '../../support/compose.ts'

const services = composeServices()

function service(name: string): ComposeService {
  const found = services[name]
  assert.ok(found, `docker-compose.yml has a service ${name}`)
  return found
}

const fileAt = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** The configuration that comes with the image, as the container of a service reads it. */
function configOf(name: string): ReturnType<typeof parseConfig> {
  return parseConfig(fileAt('examples/registry-relay.yaml'), {
    fileName: 'registry-relay.yaml',
    environment: service(name).environment ?? {},
    readSecret: () => assert.fail('the example reads no secret'),
  })
}

/** Port inside a container by port on this machine. */
function publishedPorts(name: string): Record<string, string> {
  return Object.fromEntries(
    (service(name).ports ?? []).map((published) => {
      const [, outside = '', inside = ''] = published.split(':')
      return [outside, inside]
    }),
  )
}

test('the broker has the settings of the one that demo and tests run on', () => {
  const { environment = {} } = service('kafka')
  for (const [property, value] of Object.entries(smallBroker('1', '1'))) {
    assert.equal(environment[variableOf(property)], value, property)
  }
  const addresses = [
    'LISTENERS',
    'ADVERTISED_LISTENERS',
    'LISTENER_SECURITY_PROTOCOL_MAP',
    'INTER_BROKER_LISTENER_NAME',
  ]
  const where = [
    'PROCESS_ROLES',
    'NODE_ID',
    'CONTROLLER_QUORUM_VOTERS',
    'CONTROLLER_LISTENER_NAMES',
    'LOG_DIRS',
  ]
  assert.deepEqual(
    Object.keys(environment).toSorted(),
    [
      ...Object.keys(smallBroker('1', '1')).map(variableOf),
      ...[...addresses, ...where].map((name) => `KAFKA_${name}`),
    ].toSorted(),
    'and no other, but those about addresses and folders',
  )
})

test('the schema registry is asked at the path of the local one, and keeps to the same compatibility', async (t) => {
  const { environment = {} } = service('schema-registry')
  let level: string | undefined
  const server = createServer(async (request, response) => {
    level = (JSON.parse(await text(request)) as { compatibility: string }).compatibility
    response.end()
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await setBackwardCompatibility(`http://127.0.0.1:${port}`, 10_000)
  assert.equal(environment['APICURIO_RULES_GLOBAL_COMPATIBILITY'], level)
  const [inside] = Object.values(publishedPorts('schema-registry'))
  const local = new URL(urlOfSchemaRegistry(Number(inside)))
  const { urls } = configOf('gateway').schemaRegistry
  assert.deepEqual(urls, [`http://schema-registry:${local.port}${local.pathname}`])
  assert.equal(environment['APICURIO_KAFKASQL_BOOTSTRAP_SERVERS'], configOf('gateway').kafka.brokers.join())
})

test('the relay listens where its ports are published, where it is asked for its health, and where it delivers', () => {
  const { gateway, management, bridge } = configOf('gateway')
  assert.deepEqual([gateway.host, management.host], ['0.0.0.0', '0.0.0.0'])
  assert.deepEqual(Object.values(publishedPorts('gateway')), [String(gateway.port), String(management.port)])
  assert.deepEqual(Object.values(publishedPorts('bridge')), [String(management.port)])
  const { command = [], healthcheck } = service('receiver')
  assert.deepEqual(
    bridge.endpoints.map(({ url }) => String(url)),
    [`http://receiver:${command.at(-1)}/`],
  )
  assert.ok(healthcheck?.test?.at(-1)?.includes(`:${command.at(-1)}/`))
})

test('the image registry posts to the gateway', () => {
  const { notifications } = parse(fileAt('examples/distribution-config.yml')) as {
    notifications: { endpoints: { url: string }[] }
  }
  const { gateway } = configOf('gateway')
  assert.deepEqual(
    notifications.endpoints.map(({ url }) => url),
    [`http://gateway:${gateway.port}${gateway.path}`],
  )
})

test('our containers run without privileges on a root that cannot be written to', () => {
  const ours = Object.values(services).filter(({ image }) => image.startsWith('registry-relay:'))
  assert.equal(ours.length, 4)
  for (const { read_only: readOnly, cap_drop: dropped, security_opt: security } of ours) {
    assert.deepEqual([readOnly, dropped, security], [true, ['ALL'], ['no-new-privileges:true']])
  }
})

test('the spool is on a volume at the place that the image declares', () => {
  const image = fileAt('Dockerfile')
  const [, folder] = /^ENV SPOOL_FOLDER=(.*)$/m.exec(image) ?? []
  assert.match(image, new RegExp(`^VOLUME ${folder}$`, 'm'))
  assert.deepEqual(service('gateway').volumes, [`spool:${folder}`])
})

test('whoever waits for a service waits until it answers', () => {
  for (const [name, { depends_on: waits = {} }] of Object.entries(services)) {
    for (const [other, { condition }] of Object.entries(waits)) {
      const ends = service(other).healthcheck?.disable === true
      assert.equal(
        condition,
        ends ? 'service_completed_successfully' : 'service_healthy',
        `${name} → ${other}`,
      )
      if (!ends && service(other).healthcheck === undefined) {
        assert.ok(service(other).image.startsWith('registry-relay:'), `${other} has a health check`)
      }
    }
  }
})

test('Prometheus asks the gateway and the bridge at the port of their metrics', () => {
  const { scrape_configs: jobs } = parse(fileAt('monitoring/prometheus/prometheus.yaml')) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
  }
  const targets = jobs.flatMap(({ static_configs: groups }) => groups.flatMap(({ targets }) => targets))
  const { port } = configOf('gateway').management
  assert.deepEqual(targets, [`gateway:${port}`, `bridge:${port}`])
  const outside = [
    ...Object.values(services),
    ...Object.values(composeServices('docker-compose.monitoring.yml')),
  ]
    .flatMap(({ ports = [] }) => ports)
    .map((published) => published.split(':')[1])
  assert.equal(new Set(outside).size, outside.length, 'no port is published twice')
  for (const { ports = [] } of Object.values(composeServices('docker-compose.monitoring.yml'))) {
    for (const published of ports) assert.match(published, /^127\.0\.0\.1:/)
  }
})
