import type { Random } from '../../../src/clock.ts'
import type { ChangeKind } from './history.ts'

/** A pause wakes by itself. */
export type PlannedKind = Exclude<ChangeKind, 'wake'>

export interface PlannedChange {
  readonly kind: PlannedKind
  /** Since the last one, milliseconds. */
  readonly waitMs: number
}

export interface ChangePlanOptions {
  readonly changes: number
  /** At the start; never fewer than half of them, and never more than a quarter above. */
  readonly members: number
  /** Between two changes, milliseconds. */
  readonly gapMs: readonly [least: number, most: number]
  /** Between two kills or pauses at least, milliseconds: above a session, or the group would see both as one. */
  readonly faultGapMs: number
  readonly random: Random
}

/** Every ten changes hold so many of each, as far as the number of members allows it. */
const bagful: readonly PlannedKind[] = [
  ...(['join', 'join', 'join', 'leave', 'leave'] as const),
  ...(['kill', 'kill', 'pause', 'pause', 'join'] as const),
]

/** How many members more a change leaves. One that is paused is none for a while, and comes back. */
const gain: Readonly<Record<PlannedKind, number>> = { join: 1, leave: -1, kill: -1, pause: 0 }

/** The same plan for the same random numbers. */
export function planChanges(options: ChangePlanOptions): readonly PlannedChange[] {
  const { changes, members, gapMs, faultGapMs, random } = options
  const [least, most] = gapMs
  const plan: PlannedChange[] = []
  let bag: PlannedKind[] = []
  let count = members
  let sinceFaultMs = faultGapMs
  while (plan.length < changes) {
    if (bag.length === 0) bag = [...bagful]
    const fits = bag.filter((kind) => isWithin(count + gain[kind], members))
    const kind = fits[Math.floor(random() * fits.length)] ?? (count < members ? 'join' : 'leave')
    const at = bag.indexOf(kind)
    if (at >= 0) bag.splice(at, 1)
    const isFault = kind === 'kill' || kind === 'pause'
    const drawnMs = least + random() * (most - least)
    const waitMs = Math.round(isFault ? Math.max(drawnMs, faultGapMs - sinceFaultMs) : drawnMs)
    sinceFaultMs = isFault ? 0 : sinceFaultMs + waitMs
    count += gain[kind]
    plan.push({ kind, waitMs })
  }
  return plan
}

function isWithin(count: number, members: number): boolean {
  return count >= members / 2 && count <= Math.ceil(members * 1.25)
}
