import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { documentedMetrics } from '../../support/documented-metrics.ts'
import { shippedRules } from '../../support/monitoring-rules.ts'

interface FieldDefaults {
  readonly unit?: string
  readonly thresholds?: unknown
  readonly color?: { readonly mode: string }
  readonly mappings?: readonly { readonly options: Readonly<Record<string, { readonly color?: string }>> }[]
}

interface FieldOverride {
  readonly matcher: { readonly id: string; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

interface Panel {
  readonly id?: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: FieldDefaults; readonly overrides: readonly FieldOverride[] }
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly legendFormat: string
  }[]
}

interface Annotation {
  readonly name: string
  readonly expr: string
  readonly titleFormat: string
  readonly textFormat: string
  readonly tagKeys?: string
}

interface Dashboard {
  readonly id?: number
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
  readonly annotations: { readonly list: readonly Annotation[] }
  readonly panels: readonly Panel[]
}

const text = readFileSync('monitoring/grafana/registry-relay.json', 'utf8')
const dashboard = JSON.parse(text) as Dashboard
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const expressions = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
]

/** As Grafana sends it. */
function sent(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|instance|endpoint)\b/g, '.*')
}

test('the dashboard can be imported anywhere: no numbers of an instance, its data source is asked for', () => {
  assert.ok(dashboard.schemaVersion >= 39)
  assert.equal(dashboard.id, undefined)
  for (const { id, title } of dashboard.panels) assert.equal(id, undefined, title)
  assert.deepEqual(
    dashboard.templating.list.map(({ name }) => name),
    ['datasource', 'job', 'instance', 'endpoint'],
  )
  const sources = [...text.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid)
  assert.deepEqual(new Set(sources), new Set(['${datasource}', 'registry-relay']))
})

test('Prometheus takes every expression of the dashboard, with the variables replaced', (t) => {
  assert.ok(expressions.length > 50)
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const rules = expressions.map((expr, index) => ({ record: `expression:${index}`, expr: sent(expr) }))
  for (const { expr } of rules) assert.doesNotMatch(expr, /\$/)
  const file = join(folder, 'rules.yaml')
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}${stderr}`)
})

test('every metric, and every label that is asked for or shown, is one that the relay has', () => {
  const documented = documentedMetrics()
  const recorded = new Set(shippedRules().flatMap(({ record }) => record ?? []))
  const queries = [...expressions, ...dashboard.templating.list.flatMap(({ definition }) => definition ?? [])]
  for (const expr of queries) {
    for (const [name] of expr.matchAll(/\b(registry_relay|process|nodejs)[_:][\w:]*/g)) {
      if (name.includes(':')) assert.ok(recorded.has(name), name)
      else assert.ok(documented.has(name.replace(/_(bucket|sum|count)$/, '')), `${name} in ${expr}`)
    }
    for (const [, name = '', selector = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      const labels = documented.get(name.replace(/_(bucket|sum|count)$/, ''))?.labels
      if (labels === undefined) continue
      for (const [, label = ''] of selector.matchAll(/(\w+)=/g)) {
        assert.ok(['job', 'instance', ...labels].includes(label), `${name} has no label ${label}`)
      }
    }
  }
  const known = new Set(['instance', ...[...documented.values()].flatMap(({ labels }) => labels)])
  for (const { title, targets = [] } of panels) {
    for (const { legendFormat } of targets) {
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        assert.ok(known.has(label), `${title}: ${label}`)
    }
  }
})

test('what every process has is shown of relays only, whichever jobs a Prometheus has beside them', () => {
  const shared = expressions.filter((expr) => /\b(process|nodejs)_/.test(expr))
  assert.ok(shared.length > 5)
  for (const expr of shared) assert.match(expr, / and on \(job, instance\) registry_relay_build_info$/)
})

test('no window is as short as a step, so that what happens between two of them is seen', () => {
  for (const expr of expressions) {
    for (const [, window = ''] of expr.matchAll(/\[([^\]]*)\]/g))
      assert.equal(window, '$__rate_interval', expr)
  }
})

test('annotations are named by labels that all of them have: Grafana writes the name of one that is missing', () => {
  const known = new Set(['severity', ...[...documentedMetrics().values()].flatMap(({ labels }) => labels)])
  for (const { titleFormat, textFormat, tagKeys } of dashboard.annotations.list) {
    for (const [, label = ''] of `${titleFormat} ${textFormat}`.matchAll(/\{\{(\w+)\}\}/g))
      assert.ok(['alertname', 'job', 'instance'].includes(label), label)
    for (const key of tagKeys?.split(',') ?? []) assert.ok(known.has(key), key)
  }
})

test('a number of processes is not shown as seconds', () => {
  const counts = panels.flatMap(({ targets = [], fieldConfig }) =>
    targets
      .filter(({ expr }) => expr.startsWith('count') && fieldConfig?.defaults.unit === 's')
      .map(({ refId }) => fieldConfig?.overrides.find(({ matcher }) => matcher.options === refId)),
  )
  assert.equal(counts.length, 1)
  for (const override of counts) assert.deepEqual(override?.properties, [{ id: 'unit', value: 'none' }])
})

test('the legend of states names them: their colours come with their names, and not of thresholds', () => {
  const timelines = panels.filter(({ type }) => type === 'state-timeline')
  assert.equal(timelines.length, 2)
  for (const { title, fieldConfig } of timelines) {
    assert.equal(fieldConfig?.defaults.color?.mode, 'fixed', title)
    const states = fieldConfig?.defaults.mappings?.flatMap(({ options }) => Object.values(options)) ?? []
    assert.deepEqual(
      states.map(({ color }) => color),
      ['red', 'green'],
      title,
    )
  }
})

test('panels say what they show, have a unit and thresholds, lie within the grid, and on no other', () => {
  const taken = new Map<string, string>()
  for (const { title, description, gridPos, fieldConfig, type } of dashboard.panels) {
    const { x, y, w, h } = gridPos
    assert.ok(x >= 0 && x + w <= 24, title)
    if (type !== 'row')
      assert.ok(fieldConfig?.defaults.unit && fieldConfig.defaults.thresholds && description, title)
    for (let column = x; column < x + w; column += 1) {
      for (let line = y; line < y + h; line += 1) {
        const place = `${column} ${line}`
        assert.equal(taken.get(place), undefined, `${title} lies on ${taken.get(place)}`)
        taken.set(place, title)
      }
    }
  }
})

test('the rows are those that an operator looks for, and alerts are drawn into all panels', () => {
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  assert.deepEqual(rows, [
    'At a glance',
    'Ingest',
    'Spool',
    'Kafka',
    'Schema registry',
    'Delivery',
    'Dead letters',
    'Process',
  ])
  assert.ok(dashboard.annotations.list.some(({ expr }) => expr.startsWith('ALERTS{')))
})
