import type { ReplayMoment } from './replay-moment.ts'

/** Who gets the events: an endpoint of the configuration, or a URL, of which the plan keeps no more than what tells it apart. */
export type ReplayTarget =
  | { readonly name: string }
  /** Host and port, and the SHA-256 of the whole URL, which may hold secrets. */
  | { readonly host: string; readonly sha256: string }

/** What a replay delivers, fixed when it is first started. */
export interface ReplayPlan {
  readonly topic: string
  readonly target: ReplayTarget
  readonly from: PlannedMoment
  readonly to: PlannedMoment
  /** Only this one; undefined: all. */
  readonly partition?: number | undefined
  /** Patterns, see `event/glob.ts`; empty: all. */
  readonly repositories: readonly string[]
  /** Compared exactly; empty: all. */
  readonly actions: readonly string[]
}

/** A moment, and the words that it was given in: `2h` means another time at each start, and the same replay. */
export interface PlannedMoment {
  readonly text: string
  readonly moment: ReplayMoment
}

/** Brokers keep 4,096 characters beside an offset unless they are told otherwise. */
export const planLimit = 4_000

interface Written {
  readonly v: 1
  readonly topic: string
  readonly target: ReplayTarget
  readonly from: readonly [string, string]
  readonly to: readonly [string, string]
  readonly partition?: number | undefined
  readonly repositories: readonly string[]
  readonly actions: readonly string[]
}

/** One line of JSON, see {@link readPlan}. */
export function writePlan({ from, to, ...plan }: ReplayPlan): string {
  const written: Written = { v: 1, ...plan, from: pairOf(from), to: pairOf(to) }
  return JSON.stringify(written)
}

/** @returns undefined: the text was not written by {@link writePlan} of this version */
export function readPlan(text: string): ReplayPlan | undefined {
  try {
    const { v, from, to, ...plan } = JSON.parse(text) as Written
    if (v !== 1) return undefined
    return { ...plan, from: plannedOf(from), to: plannedOf(to) }
  } catch {
    return undefined
  }
}

/**
 * What is asked for and is not in the plan, in the words of the options; what is not asked for is as planned.
 * @returns empty: the same replay
 */
export function differences(plan: ReplayPlan, asked: Partial<ReplayPlan>): readonly string[] {
  const compared: readonly (readonly [string, string, string | undefined])[] = [
    ['--topic', plan.topic, asked.topic],
    ['--to-endpoint', targetText(plan.target), asked.target && targetText(asked.target)],
    ['--from', plan.from.text, asked.from && wordsOf(asked.from, plan.from)],
    ['--to', plan.to.text, asked.to && wordsOf(asked.to, plan.to)],
    ['--partition', String(plan.partition ?? 'all'), asked.partition?.toString()],
    ['--repository', listText(plan.repositories), asked.repositories && listText(asked.repositories)],
    ['--action', listText(plan.actions), asked.actions && listText(asked.actions)],
  ]
  return compared.flatMap(([option, planned, wanted]) =>
    wanted === undefined || wanted === planned ? [] : [`${option} was ${planned}, now ${wanted}`],
  )
}

/** The target for people; of a URL the host alone, and something that differs when the rest does. */
export function targetText(target: ReplayTarget): string {
  return 'name' in target ? target.name : `${target.host} (URL with SHA-256 ${target.sha256.slice(0, 12)})`
}

/** The same time in other words is the same moment. */
function wordsOf(asked: PlannedMoment, planned: PlannedMoment): string {
  return momentJson(asked.moment) === momentJson(planned.moment) ? planned.text : asked.text
}

function listText(list: readonly string[]): string {
  return list.length === 0 ? 'all' : [...new Set(list)].toSorted().join(', ')
}

function pairOf({ text, moment }: PlannedMoment): readonly [string, string] {
  return [text, momentJson(moment)]
}

function momentJson(moment: ReplayMoment): string {
  if (moment.kind === 'time') return `time ${moment.ms}`
  return moment.kind === 'offset' ? `offset ${moment.offset}` : moment.kind
}

function plannedOf([text, json]: readonly [string, string]): PlannedMoment {
  const [kind, value = ''] = json.split(' ')
  if (kind === 'time') return { text, moment: { kind, ms: Number(value) } }
  if (kind === 'offset') return { text, moment: { kind, offset: BigInt(value) } }
  if (kind === 'earliest' || kind === 'latest') return { text, moment: { kind } }
  throw new RangeError(`no moment: ${json}`)
}
