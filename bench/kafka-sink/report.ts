import { type Spread, showSpread, spreadOf } from '../gateway/spread.ts'
import type { Sample } from './contender.ts'

/** All samples of one contender under one load. */
export interface Series {
  readonly name: string
  /** Writes in flight; undefined where nobody waits for a record of their own. */
  readonly writers: number | undefined
  readonly samples: Sample[]
}

export type Figure = Exclude<keyof Sample, 'events'>

export function figureOf({ samples }: Series, figure: Figure): Spread {
  return spreadOf(samples.map((sample) => sample[figure]))
}

/** Medians, with least and most of the samples. */
export function printSeries(series: readonly Series[]): void {
  console.log(row('', 'events/s', 'p50 ms', 'p99 ms', 'CPU s/1k', 'peak MB'))
  for (const one of series) {
    const show = (figure: Figure, digits: number): string => showSpread(figureOf(one, figure), digits)
    const peak = figureOf(one, 'peakMb').most.toFixed(0)
    console.log(
      row(one.name, show('perSecond', 0), show('p50Ms', 2), show('p99Ms', 2), show('cpuPer1k', 4), peak),
    )
  }
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [24, 24, 24, 26]
  return `  ${name.padEnd(24)}${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' ')}`
}
