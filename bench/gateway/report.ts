import type { DownResult } from './broker-down.ts'
import type { FarEndReport } from './far-end.ts'
import type { Finding } from './findings.ts'
import { showSpread, spreadOf } from './spread.ts'
import type { Sample, Series } from './throughput.ts'

export function printFindings(findings: readonly Finding[]): void {
  for (const { measure, what, seen, goal, met } of findings) {
    console.log(`  ${met ? 'met   ' : 'MISSED'} ${measure} ${what}: ${seen.toFixed(2)} (goal ${goal})`)
  }
}

/** All contenders of one load below each other: medians, with least and most of the samples. */
export function printSeries(series: readonly Series[]): void {
  console.log(row('', 'events/s', 'p50 ms', 'p99 ms', 'CPU s/1k', 'broker s/1k', 'peak MB'))
  for (const { contender, samples } of series) {
    const show = (of: (sample: Sample) => number, digits: number): string =>
      showSpread(spreadOf(samples.map(of)), digits)
    const broker = spreadOf(samples.map(({ brokerCpuPer1k }) => brokerCpuPer1k ?? Number.NaN)).median
    console.log(
      row(
        contender,
        show(({ perSecond }) => perSecond, 0),
        show(({ p50Ms }) => p50Ms, 1),
        show(({ p99Ms }) => p99Ms, 1),
        show(({ cpuPer1k }) => cpuPer1k, 2),
        Number.isNaN(broker) ? '-' : broker.toFixed(2),
        Math.max(...samples.map(({ peakMb }) => peakMb)).toFixed(0),
      ),
    )
    const sum = (of: (sample: Sample) => number): number => samples.reduce((all, one) => all + of(one), 0)
    const failed = sum((sample) => sample.failed)
    const lost = sum((sample) => sample.lost)
    if (failed > 0) console.log(`    ${failed} POSTs refused or without an answer`)
    if (lost > 0) console.log(`    answered 2xx and not stored: ${lost} of ${sum(({ ok }) => ok)}`)
  }
}

export function printDown(results: readonly DownResult[]): void {
  console.log('\nWith Kafka down')
  for (const { contender, registries, load, peakMb, growth } of results) {
    const { codes, perSecond, p50Ms, p99Ms } = load
    const answers = Object.entries(codes)
      .map(([code, count]) => `${count} x ${code}`)
      .join(', ')
    const accepted = load.ok > 0 ? `${perSecond} accepted/s, p50 ${p50Ms}, p99 ${p99Ms} ms; ` : ''
    console.log(
      `  ${contender}, ${registries} registries: ${answers}; ${accepted}peak ${peakMb.toFixed(0)} MB, growth ${growth.toFixed(2)}`,
    )
  }
}

export function printFarEnd(reports: ReadonlyMap<string, FarEndReport>): void {
  console.log('\nAt the far end')
  for (const [topic, { records, framed, acked, missing, duplicated }] of reports) {
    console.log(
      `  ${topic}: ${acked} acknowledged, ${missing} missing, ${duplicated} there more than once; ${records} records, ${framed} of them framed Avro`,
    )
  }
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [20, 20, 22, 18, 12]
  return `  ${name.padEnd(28)}${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' ')}`
}
