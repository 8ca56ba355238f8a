import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerAddress } from '../../../../src/kafka/rights-port.ts'
import type { CheckResult } from '../../../../src/operations/doctor/check.ts'
import { kafkaChecks } from '../../../../src/operations/doctor/kafka-checks.ts'
import type { Reached } from '../../../../src/operations/doctor/reach.ts'
import type { NamedTarget } from '../../../../src/operations/doctor/reach-check.ts'
import { runChecks } from '../../../../src/operations/doctor/run-checks.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const given: NamedTarget = {
  ...{ where: 'kafka.example:9092', host: 'kafka.example', port: 9092 },
  ...{ key: 'kafka.brokers', tlsKey: 'kafka.tls' },
}
const there: Reached = {
  ...{ reached: true, addresses: ['10.0.0.1'], nameMs: 1, connectMs: 1 },
  ...{ tls: undefined, http: undefined },
}
const nowhere: Reached = {
  ...{ reached: false, at: 'name', code: 'ENOTFOUND', message: 'no', addresses: [] },
}

/** `unknown`: hosts that have no address here. */
function see(
  advertised: readonly BrokerAddress[],
  unknown: readonly string[] = [],
): Promise<readonly CheckResult[]> {
  const checks = kafkaChecks({
    ...{ brokers: [given], tokens: undefined, identity: 'without a user', replicationFactor: 3 },
    cluster: { brokers: async () => advertised },
    reach: async ({ host }) => (unknown.includes(host) ? nowhere : there),
    now: () => 0,
  })
  return runChecks(checks, { clock: new ManualClock(), timeoutMs: 1_000, onResult: () => {} })
}

const at = (id: number, host: string): BrokerAddress => ({ id, host, port: 9092 })

test('brokers that name the addresses that are given are not looked for twice', async () => {
  const advertised = (await see([at(1, 'kafka.example')])).at(-1)
  assert.deepEqual(advertised?.seen, [{ state: 'ok', text: 'the brokers name the addresses that are given' }])
})

test('brokers that all name addresses which lead nowhere are an error: the broker, its address and the setting', async () => {
  const advertised = (
    await see(
      [at(1, 'kafka-0.internal'), at(2, 'kafka-1.internal')],
      ['kafka-0.internal', 'kafka-1.internal'],
    )
  ).at(-1)
  assert.equal(advertised?.state, 'error')
  assert.match(
    String(advertised?.seen[0]?.text),
    /^broker 1, which tells clients to come to kafka-0\.internal:9092: .* no host of that name/,
  )
  assert.match(String(advertised?.seen[0]?.todo), /advertised\.listeners/)
})

test('one of several that leads nowhere is a warning: the others do their part', async () => {
  const advertised = (
    await see([at(1, 'kafka-0.internal'), at(2, 'kafka-1.internal')], ['kafka-1.internal'])
  ).at(-1)
  assert.deepEqual(
    advertised?.seen.map(({ state }) => state),
    ['ok', 'warning'],
  )
})

test('fewer brokers than copies are wanted is a warning that names the key', async () => {
  const cluster = (await see([at(1, 'kafka.example')]))[1]
  assert.equal(cluster?.state, 'warning')
  assert.match(String(cluster?.seen[1]?.todo), /set topics\.replicationFactor to 1/)
})
