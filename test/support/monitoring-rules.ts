import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Scrape } from './scrape.ts'

export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export const rulesFile = 'monitoring/prometheus/rules.yaml'

/** All rules that are shipped, recording and alerting. */
export function shippedRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

/**
 * A rule that is a sum of sums, worked out for one scrape. A term without series makes the result of Prometheus empty, so it
 * is an error here.
 */
export function balance(record: string, scrape: Scrape, labels = ''): number {
  const rule = shippedRules().find((one) => one.record === record)
  if (rule === undefined) throw new Error(`no rule ${record}`)
  const terms = [...rule.expr.matchAll(/(^|[+-]) ?sum by \([\w, ]+\) \((\w+)\)/g)]
  const text = terms.map(([term]) => term).join(' ')
  if (text.replaceAll(/\s/g, '') !== rule.expr.replaceAll(/\s/g, ''))
    throw new Error(`${record}: no sum of sums`)
  return terms.reduce((total, [, sign, name = '']) => {
    const value = scrape.sum(name, labels)
    if (value === undefined) throw new Error(`${record}: no series of ${name}`)
    return total + (sign === '-' ? -value : value)
  }, 0)
}
