import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { documentedMetrics } from '../../support/documented-metrics.ts'
import { shippedRules } from '../../support/monitoring-rules.ts'

const page = readFileSync('docs/metrics.md', 'utf8')
const documented = documentedMetrics()

test('every metric that the code names has its row', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const sources = files.map((name) => readFileSync(join('src', name), 'utf8'))
  const names = sources.flatMap((text) =>
    [...text.matchAll(/name: '(registry_relay_\w+)'/g)].map(([, name = '']) => name),
  )
  assert.ok(names.length > 40)
  for (const name of names) assert.ok(documented.has(name), name)
})

test('every metric that the prose names exists', () => {
  const recorded = new Set(shippedRules().flatMap(({ record }) => record ?? []))
  const prose = page.slice(0, page.indexOf('## All metrics'))
  const names = prose.match(/\b(registry_relay|process|nodejs)[_:][\w:]+/g) ?? []
  assert.ok(names.length > 40)
  for (const name of names) assert.ok(documented.has(name) || recorded.has(name), name)
})

test('names and units are as Prometheus wants them, and no label can hold what an event says', () => {
  const allowed = new Set([
    ...[
      'code',
      'reason',
      'way',
      'header',
      'kept',
      'topic',
      'lack',
      'outcome',
      'subject',
      'status',
      'endpoint',
      'verdict',
    ],
    ...[
      'group',
      'partition',
      'state',
      'stage',
      'version',
      'node',
      'stat',
      'part',
      'severity',
      'what',
      'sink',
      'occurrence',
    ],
  ])
  for (const [name, { type, labels }] of documented) {
    if (!name.startsWith('registry_relay_')) continue
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/)
    for (const label of labels) assert.ok(allowed.has(label), `${name} has the label ${label}`)
  }
})

test('each of the nine promises has its row', () => {
  const rows =
    page.slice(page.indexOf('## What shows'), page.indexOf('## Nothing is')).match(/^\| [A-Z].* \|$/gm) ?? []
  assert.equal(rows.length, 9)
})
