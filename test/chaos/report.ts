import type { Counts, Invariant } from '../crash/checker.ts'

/** One run with all that it found. `Kind`: the names of what it may break. */
export interface ChaosReport<Kind extends string = Invariant> {
  readonly scenario: string
  /** Ack mode; `direct` where no gateway was in between, `bridge` where it is about the other way. */
  readonly mode: string
  readonly seed: number
  readonly counts: Counts
  readonly faults: number
  /** Batches sent again. */
  readonly retries: number
  /** Producers replaced. */
  readonly rebuilds: number
  /** What a scenario measures beside: `320 records/s`. */
  readonly remarks: readonly string[]
  readonly violations: readonly { readonly invariant: Kind; readonly message: string }[]
  /** What did not go as planned. */
  readonly problems: readonly string[]
  /** Why the run proves nothing. */
  readonly invalid: readonly string[]
  readonly passed: boolean
  /** The folder with history, logs and topic; kept only where the run did not pass. */
  readonly evidence?: string
}

export function verdictOf({ passed, invalid, violations, problems }: ChaosReport<string>): string {
  if (passed) return 'passed'
  if (violations.length > 0) return 'BROKEN'
  return problems.length > 0 ? 'FAILED' : invalid.length > 0 ? 'INVALID' : 'FAILED'
}

/** All figures of a run in one line. */
export function reportLine(report: ChaosReport<string>): string {
  const { scenario, mode, seed, counts, faults, retries, rebuilds, remarks } = report
  const figures = [
    `seed ${seed}`,
    `${counts.events} events`,
    `${counts.ok} acked`,
    `${counts.info} info`,
    `${faults} faults`,
    `${retries} retries`,
    `${rebuilds} rebuilds`,
    `${counts.duplicates} duplicates (${counts.duplicatesExplained} explained)`,
    `longest gap ${counts.longestGapWithoutOk} ms`,
    ...remarks,
  ]
  return `${scenario} ${mode}: ${verdictOf(report)}; ${figures.join(', ')}`
}

/** One run in the table. */
export type TableRow = readonly (string | number)[]

const columns = [
  'scenario',
  'mode',
  'verdict',
  'events',
  'acked',
  'info',
  'faults',
  'retries',
  'rebuilds',
  'dups',
  'gap ms',
  'beside',
]

export function rowOf(report: ChaosReport<string>): TableRow {
  const { scenario, mode, counts, faults, retries, rebuilds, remarks } = report
  return [
    ...[scenario, mode, verdictOf(report), counts.events, counts.ok, counts.info],
    ...[faults, retries, rebuilds, counts.duplicates, counts.longestGapWithoutOk, remarks.join('; ')],
  ]
}

export function reportTable(table: readonly TableRow[]): string {
  const rows = table.map((row) => columns.map((_, i) => String(row[i] ?? '')))
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)),
  )
  return [columns, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
