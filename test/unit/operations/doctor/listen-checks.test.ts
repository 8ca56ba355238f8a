import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Config } from '../../../../src/config/config.ts'
import { configSchema } from '../../../../src/config/schema.ts'
import type { Seen } from '../../../../src/operations/doctor/check.ts'
import { type ListenChecksOptions, listenChecks } from '../../../../src/operations/doctor/listen-checks.ts'
import type { MachinePort } from '../../../../src/operations/doctor/machine.ts'
import { machine } from './machine-double.ts'

const given = { kafka: { brokers: ['k:9092'] }, schemaRegistry: { url: 'http://r' } }
const configOf = (gateway: object = {}): Config => configSchema.parse({ ...given, gateway })

async function see(
  gateway: object = {},
  more: Partial<MachinePort> = {},
  options: Partial<ListenChecksOptions> = {},
): Promise<ReadonlyMap<string, readonly Seen[]>> {
  const checks = listenChecks({
    ...{ config: configOf(gateway), services: { gateway: true, bridge: false }, machine: machine(more) },
    ...{ certificate: undefined, now: () => Date.parse('2026-06-01') },
    ...options,
  })
  return new Map(await Promise.all(checks.map(async ({ name, run }) => [name, await run()] as const)))
}

const first = async (name: string, ...terms: Parameters<typeof see>): Promise<Seen | undefined> =>
  (await see(...terms)).get(name)?.[0]

const taken = async (): Promise<string> => 'EADDRINUSE'

test('ports that are free are well', async () => {
  assert.equal((await first('gateway port'))?.text, '127.0.0.1:8080 is free for the gateway port')
  assert.equal((await first('management port'))?.state, 'ok')
})

/** Answers as `/status` of a relay with these parts. */
function relay(parts: readonly string[], notificationsUrl?: string): MachinePort['ask'] {
  const service = { name: 'registry-relay', ...(notificationsUrl === undefined ? {} : { notificationsUrl }) }
  const states = Object.fromEntries(parts.map((part) => [part, { ready: true }]))
  return async (url) => ({
    status: url.endsWith(':9090/status') ? 200 : 404,
    body: JSON.stringify({ service, parts: states }),
  })
}
const gatewayRuns = relay(['gateway', 'spool'], 'http://a-name:8080/notifications')
const bridgeRuns = relay(['bridge relay.audit', 'topics of the bridge'])

test('ports of a gateway that runs are a note', async () => {
  const runs = { tryListening: taken, ask: gatewayRuns }
  assert.equal((await first('gateway port', {}, runs))?.state, 'note')
  assert.deepEqual(await first('management port', {}, runs), {
    state: 'note',
    text: '127.0.0.1:9090 is the management port of a gateway that runs',
  })
})

test('a port that no relay says to be its own is taken by a stranger', async () => {
  const seen = await first('gateway port', {}, { tryListening: taken })
  assert.equal(seen?.state, 'error')
  assert.match(String(seen?.todo), /ss -ltnp 'sport = :8080'/)
  const other = async (): Promise<{ status: number; body: string }> => ({ status: 200, body: '{"parts":{}}' })
  assert.match(
    String((await first('management port', {}, { tryListening: taken, ask: other }))?.text),
    /taken by another program/,
  )
})

test('beside a relay whose gateway has another port, or none, the gateway port is taken by a stranger', async () => {
  for (const ask of [
    relay(['gateway'], 'http://a-name:8081/notifications'),
    relay(['gateway']),
    relay(['gateway'], 'https://a-name/notifications'),
    bridgeRuns,
  ]) {
    assert.match(
      String((await first('gateway port', {}, { tryListening: taken, ask }))?.text),
      /8080 is taken by another program/,
    )
  }
})

test('the management port of the one service is not for the other', async () => {
  const alone = (gateway: boolean): Partial<ListenChecksOptions> => ({
    services: { gateway, bridge: !gateway },
  })
  const of = async (ask: MachinePort['ask'], gateway: boolean): Promise<Seen | undefined> =>
    first('management port', {}, { tryListening: taken, ask }, alone(gateway))
  assert.deepEqual(await of(gatewayRuns, false), {
    state: 'error',
    text: '127.0.0.1:9090 is taken by the gateway that runs, for its management port',
    todo: 'give the bridge another one: --set management.port=…',
  })
  assert.match(String((await of(bridgeRuns, true))?.todo), /give the gateway another one/)
  assert.equal((await of(bridgeRuns, false))?.state, 'note')
})

test('with both services in one configuration it is said that they need two management ports', async () => {
  const both = { services: { gateway: true, bridge: true } }
  const lines = async (...terms: Parameters<typeof see>): Promise<readonly string[]> =>
    ((await see(...terms)).get('management port') ?? []).map(({ state }) => state)
  assert.deepEqual(await lines({}, {}, both), ['ok', 'note'])
  assert.deepEqual(await lines({}, { tryListening: taken, ask: bridgeRuns }, both), ['note', 'note'])
  assert.deepEqual(await lines(), ['ok'])
})

test('a port that may not be opened and an address that is none of ours say which key to correct', async () => {
  const forbidden = await first('gateway port', { port: 443 }, { tryListening: async () => 'EACCES' })
  assert.match(String(forbidden?.todo), /gateway\.port above 1023/)
  const foreign = await first(
    'gateway port',
    { host: '192.0.2.1' },
    { tryListening: async () => 'EADDRNOTAVAIL' },
  )
  assert.match(String(foreign?.todo), /correct gateway\.host/)
})

test('the certificate of the gateway is looked at: until when it is valid', async () => {
  const fixture = (name: string): string =>
    readFileSync(new URL(`../../../fixtures/kafka-tls/${name}`, import.meta.url), 'utf8')
  const of = async (name: string): Promise<Seen | undefined> =>
    (await see({}, {}, { certificate: () => fixture(name) })).get('gateway certificate')?.[0]
  assert.match(String((await of('client.crt'))?.text), /valid until 2099-12-31/)
  assert.equal((await of('client-expired.crt'))?.state, 'error')
})

test('where no gateway is to run only the management port is looked at', async () => {
  assert.deepEqual(
    [...(await see({}, {}, { services: { gateway: false, bridge: true } })).keys()],
    ['management port'],
  )
})
