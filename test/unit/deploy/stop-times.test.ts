import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { composeServices } from '../../support/compose.ts'
import { manifestsOf } from '../../support/manifests.ts'

const fileAt = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

const page = fileAt('docs/deployment.md')

/** Seconds from the order to stop until the process is killed, by the command that it runs. */
const told = /\| (?<serve>\d+) s to stop a gateway, (?<bridge>\d+) s a bridge \|/.exec(page)?.groups ?? {}

test('every way to run a command gives it the time for a stop that the page tells', () => {
  assert.deepEqual(/--stop-timeout (\d+)` for `serve`, (\d+) for `bridge`/.exec(page)?.slice(1), [
    told['serve'],
    told['bridge'],
  ])
  assert.ok(page.includes(`docker run --stop-timeout ${told['serve']} `))
  const services = composeServices()
  for (const [service, command] of [
    ['gateway', 'serve'],
    ['bridge', 'bridge'],
  ] as const) {
    assert.equal(services[service]?.stop_grace_period, `${told[command]}s`)
    const unit = fileAt(`deploy/systemd/registry-relay-${service}.service`)
    assert.equal(/^TimeoutStopSec=(.*)$/m.exec(unit)?.[1], told[command])
  }
})

test('a pod is given the same time, and the pause before its stop', () => {
  const pods = ['common', 'gateway-spool', 'gateway-kafka']
    .flatMap((folder) => manifestsOf(folder))
    .filter(({ kind }) => kind !== 'Job')
    .flatMap(({ spec }) => spec?.template?.spec ?? [])
  assert.equal(pods.length, 3)
  for (const { terminationGracePeriodSeconds = 0, containers } of pods) {
    const [{ args: [command = ''] = [], lifecycle } = {}] = containers
    const pause = lifecycle?.preStop?.sleep?.seconds ?? 0
    assert.equal(terminationGracePeriodSeconds - pause, Number(told[command]))
  }
})
