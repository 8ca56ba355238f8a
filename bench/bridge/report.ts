import { showSpread, spreadOf } from '../gateway/spread.ts'
import type { DeadResult } from './dead-endpoint.ts'
import type { KillResult } from './kill.ts'
import type { Sample, Series } from './throughput.ts'

/** All contenders of one level below each other: medians, with least and most of the samples. */
export function printSeries(series: readonly Series[]): void {
  const titles = ['events/s', 'CPU s/1k', 'broker s/1k', 'peak MB', 'start s', 'in flight', 'reordered']
  console.log(row('', ...titles, 'overlap'))
  for (const { contender, samples } of series) {
    const show = (of: (sample: Sample) => number, digits: number): string =>
      showSpread(spreadOf(samples.map(of)), digits)
    const most = (of: (sample: Sample) => number): string => Math.max(...samples.map(of)).toFixed(0)
    const sum = (of: (sample: Sample) => number): string =>
      String(samples.reduce((all, one) => all + of(one), 0))
    const broker = spreadOf(samples.map(({ brokerCpuPer1k }) => brokerCpuPer1k ?? Number.NaN)).median
    console.log(
      row(
        contender,
        show(({ perSecond }) => perSecond, 0),
        show(({ cpuPer1k }) => cpuPer1k, 3),
        Number.isNaN(broker) ? '-' : broker.toFixed(3),
        most(({ peakMb }) => peakMb),
        spreadOf(samples.map(({ startSeconds }) => startSeconds)).median.toFixed(1),
        most(({ mostInFlight }) => mostInFlight),
        sum(({ reordered }) => reordered),
        sum(({ overlap }) => overlap),
      ),
    )
  }
}

export function printKills(kills: readonly KillResult[], events: number): void {
  console.log(`\nKilled and started again, ${events} events`)
  for (const kill of kills) {
    const { contender, delivered, committed, unavoidable, repeats, resumeSeconds, lost, overlap } = kill
    const seen = `${delivered} delivered, ${committed} below committed offsets`
    const bound = `at most ${unavoidable} unavoidable`
    const after = `on after ${resumeSeconds.toFixed(1)} s, ${lost} lost, overlap ${overlap}`
    console.log(`  ${contender.padEnd(20)} ${seen}: ${repeats} repeats (${bound}), ${after}`)
  }
}

export function printDead(results: readonly DeadResult[], events: number, seconds: number): void {
  console.log(`\nWith the endpoint dead for ${seconds} s, ${events} events waiting`)
  for (const { contender, death, peakMb, growth, cpu, committed } of results) {
    console.log(
      `  ${contender.padEnd(20)} ${death.padEnd(8)} peak ${peakMb.toFixed(0)} MB, growth ${growth.toFixed(2)}, ` +
        `${cpu.toFixed(2)} CPU s/s, ${committed} committed`,
    )
  }
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [20, 22, 12, 8, 8, 10, 10]
  return `  ${name.padEnd(20)}${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' ')}`
}
