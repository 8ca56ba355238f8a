import { readFileSync } from 'node:fs'

export interface DocumentedMetric {
  readonly type: string
  readonly labels: readonly string[]
}

/** The rows of the tables in docs/metrics.md, by the name of the metric. */
export function documentedMetrics(): ReadonlyMap<string, DocumentedMetric> {
  const page = readFileSync('docs/metrics.md', 'utf8')
  const rows = page.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*) \|/gm)
  return new Map(
    [...rows].map(([, name = '', type = '', labels = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label) },
    ]),
  )
}
