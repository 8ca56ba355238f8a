import type { Random } from '../../src/clock.ts'
import { type Mode, type Point, pointsOf } from './points.ts'

/** When the gateway dies. */
export type PlannedKill =
  /** By itself, at the `nth` passing of a point. */
  | { readonly kind: 'point'; readonly point: Point; readonly nth: number }
  /** From outside, so long after the first acknowledgement of this process. */
  | { readonly kind: 'traffic'; readonly afterMs: number }
  /** From outside, so long after it was told to start: in the middle of recovery, or before it listens. */
  | { readonly kind: 'start'; readonly afterMs: number }

/**
 * Each named point once, then random moments and points by turns; shuffled, so that every kind meets the leftovers of
 * every other. With fewer kills than points, only so many of them.
 */
export function planKills(count: number, mode: Mode, random: Random): readonly PlannedKill[] {
  const points = pointsOf(mode)
  const kills = Array.from({ length: count }, (_, i): PlannedKill => {
    const point = points[i]
    if (point !== undefined) return { kind: 'point', point, nth: nthOf(point, random) }
    const turn = (i - points.length) % 5
    if (turn === 4) return { kind: 'start', afterMs: random() * 150 }
    if (turn === 3) {
      const any = points[Math.floor(random() * points.length)] as Point
      return { kind: 'point', point: any, nth: nthOf(any, random) }
    }
    return { kind: 'traffic', afterMs: 50 + random() * 450 }
  })
  return shuffled(kills, random)
}

export function describeKill(kill: PlannedKill): string {
  switch (kill.kind) {
    case 'point':
      return `at ${kill.point}, passing ${kill.nth}`
    case 'traffic':
      return `${Math.round(kill.afterMs)} ms into the traffic`
    case 'start':
      return `${Math.round(kill.afterMs)} ms after the order to start`
  }
}

/** Points of each event are passed two hundred times a second, those of a batch less, a segment goes about once. */
function nthOf(point: Point, random: Random): number {
  const most = point.startsWith('segment.') ? 2 : /^(produce|spool\.marked)/.test(point) ? 15 : 60
  return 1 + Math.floor(random() * most)
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const mixed = [...items]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T]
  }
  return mixed
}
