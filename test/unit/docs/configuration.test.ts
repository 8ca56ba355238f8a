import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { planBridgeReload, planGatewayReload } from '../../../src/app/reload-plan.ts'
import type { Config } from '../../../src/config/config.ts'
import { Secret } from '../../../src/config/secret.ts'
import { minimal, parse } from '../config/parsing.ts'

const page = readFileSync('docs/configuration.md', 'utf8')
const [, reload = ''] = /## Changing it while the relay runs\n([\s\S]*?)\n## /.exec(page) ?? []
const [ofGateway = '', ofBridge = '', ofBoth = ''] = reload.split('\n- ').slice(1)

const running =
  parse(`${minimal}gateway: { publisherId: p, credentials: [{ bearer: t }], redact: { preset: recommended } }
bridge: { endpoints: [{ name: a, url: "http://h/" }] }
`)
const other = changed(running) as Config

test('a reload of the gateway changes what the page names, and nothing else', () => {
  const limits = /of its `limits` ([\s\S]*?)\./.exec(ofGateway)?.[1] ?? ''
  const named = [
    ...names(ofGateway.slice(0, ofGateway.indexOf('of its `limits`'))).map((name) =>
      name.startsWith('records.') ? name : `gateway.${name}`,
    ),
    ...names(limits).map((name) => `gateway.limits.${name}`),
    ...names(ofBoth),
  ]
  assert.deepEqual(covered(planGatewayReload(running, other).changes, named), named.toSorted())
})

test('a reload of the bridge changes what the page names, and nothing else', () => {
  const named = ['bridge.endpoints', 'bridge.disabledEndpoints', ...names(ofBoth)]
  assert.match(
    ofBridge,
    /^of the bridge: `endpoints` with all that is under them, and the block `notifications`\./,
  )
  assert.deepEqual(covered(planBridgeReload(running, other).changes, named), named.toSorted())
})

test('the last credentials of a gateway are not taken away by a reload', () => {
  assert.match(ofGateway, /The last of the credentials is not taken away so/)
  const open = { ...running, gateway: { ...running.gateway, credentials: [] } }
  const { changes, restart } = planGatewayReload(running, open)
  assert.deepEqual({ changes, restart }, { changes: [], restart: ['gateway.credentials'] })
})

/** Which of the names stand for the changes; a change that none stands for is among them as it is. */
function covered(changes: readonly string[], named: readonly string[]): readonly string[] {
  const standing = changes.map(
    (change) => named.find((name) => change === name || change.startsWith(`${name}.`)) ?? change,
  )
  return [...new Set(standing)].toSorted()
}

function names(text: string): readonly string[] {
  return [...text.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name)
}

/** The same with another value everywhere. */
function changed(value: unknown): unknown {
  if (value instanceof Secret) return new Secret(`other ${value.reveal()}`)
  if (Array.isArray(value)) return value.length === 0 ? ['other'] : value.map(changed)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one)]))
  if (typeof value === 'boolean') return !value
  return typeof value === 'number' ? value + 1 : `other ${String(value)}`
}
