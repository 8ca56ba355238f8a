import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { documentedMetrics } from '../../support/documented-metrics.ts'
import { rulesFile, shippedRules } from '../../support/monitoring-rules.ts'

const rules = shippedRules()
const alerts = rules.filter(({ alert }) => alert !== undefined)
const testsFile = 'monitoring/prometheus/rules.test.yaml'

function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

test('promtool takes the rules, and their tests hold', () => {
  promtool('check', 'rules', '--lint=all', '--lint-fatal', rulesFile)
  promtool('test', 'rules', testsFile)
})

test('every alert has its severity, its words and its section of the runbook, and no section is without an alert', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8')
  const sections = runbook.split(/^## /m).slice(1)
  assert.deepEqual(
    sections.map((section) => section.slice(0, section.indexOf('\n'))),
    alerts.map(({ alert }) => alert),
  )
  for (const section of sections) {
    for (const part of ['Means:', 'Seen outside:', 'Events are', 'Look:', 'Do:']) {
      assert.ok(section.includes(`**${part}`), `${section.slice(0, 40)} lacks ${part}`)
    }
  }
  for (const { alert = '', labels, annotations } of alerts) {
    assert.match(labels?.['severity'] ?? '', /^(warning|critical)$/, alert)
    assert.match(annotations?.['summary'] ?? '', /\S/, alert)
    assert.match(annotations?.['description'] ?? '', /\.$/, alert)
    assert.equal(annotations?.['runbook_url'], `docs/runbook.md#${alert.toLowerCase()}`)
  }
})

test('every link within the runbook leads to a section', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8')
  const anchors = new Set(alerts.map(({ alert = '' }) => alert.toLowerCase()))
  for (const [, anchor = ''] of runbook.matchAll(/\]\(#(\w+)\)/g)) assert.ok(anchors.has(anchor), anchor)
})

test('every alert fires in one test of the rules and is silent in another', () => {
  const { tests } = parse(readFileSync(testsFile, 'utf8')) as {
    tests: { alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[] }[]
  }
  const checks = tests.flatMap(({ alert_rule_test: all = [] }) => all)
  const firing = new Set(
    checks.flatMap(({ alertname, exp_alerts: all = [] }) => (all.length > 0 ? [alertname] : [])),
  )
  const silent = new Set(
    checks.flatMap(({ alertname, exp_alerts: all = [] }) => (all.length === 0 ? [alertname] : [])),
  )
  for (const { alert = '' } of alerts) {
    assert.ok(firing.has(alert), `${alert} never fires in ${testsFile}`)
    assert.ok(silent.has(alert), `${alert} is never silent in ${testsFile}`)
  }
})

test('every metric and label in the rules is documented', () => {
  const documented = documentedMetrics()
  const recorded = new Set(rules.flatMap(({ record }) => record ?? []))
  for (const { expr } of rules) {
    for (const [name] of expr.matchAll(/\b(registry_relay|process|nodejs)[\w:]*/g)) {
      if (name.startsWith('registry_relay:')) assert.ok(recorded.has(name), name)
      else
        assert.ok(
          documented.has(name.replace(/_(bucket|sum|count)$/, '')),
          `${name} is not in docs/metrics.md`,
        )
    }
    for (const [, name = '', selector = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      if (name === 'up') continue
      for (const [, label = ''] of selector.matchAll(/(\w+)=/g)) {
        assert.ok(documented.get(name)?.labels.includes(label), `${name} has no label ${label}`)
      }
    }
  }
})
