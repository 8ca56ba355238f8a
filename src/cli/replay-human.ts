import type { ReplayEnd, ReplayState } from '../operations/replay.ts'
import { momentText } from '../operations/replay-moment.ts'
import { type PlannedMoment, type ReplayPlan, targetText } from '../operations/replay-plan.ts'
import type { PreparedReplay } from '../operations/replay-prepare.ts'
import { sizeOf } from '../operations/replay-spans.ts'
import { columns } from './columns.ts'
import { configWords } from './config-options.ts'
import { numberText, rateText } from './number-text.ts'
import { plainLines } from './plain-text.ts'
import type { ReplayCommandOptions } from './replay-options.ts'
import { shellWord } from './shell-word.ts'
import { timeLeft } from './time-left.ts'

/** The first line: which replay this is, and what it covers. */
export function startText(replay: PreparedReplay): string {
  return plainLines(startLines(replay))
}

/** Which offsets a replay would read, and that nothing was done. */
export function dryRunText(replay: PreparedReplay): string {
  const rows = [...replay.spans]
    .filter(([, { start, end }]) => end > start)
    .map(([partition, { start, end }]) => [
      String(partition),
      String(start),
      String(end),
      String(end - start),
    ])
  return plainLines([
    ...startLines(replay),
    '',
    ...columns([['PARTITION', 'FROM', 'BEFORE', 'OFFSETS'], ...rows]),
    '',
    'Dry run: nothing was read or written. The filters, and times within a partition, may leave out some of these.',
  ])
}

/** One line while it runs. */
export function progressText(state: ReplayState, rate: number, secondsLeft: number | undefined): string {
  const { delivered, refused, waiting } = state
  const left = secondsLeft === undefined ? '' : `, ${timeLeft(secondsLeft)} left`
  return [
    `${numberText(delivered)} delivered`,
    ...(refused === 0 ? [] : [`, ${numberText(refused)} refused`]),
    `, ${rateText(rate)}${left}`,
    ...(waiting === undefined ? [] : [` - ${waiting}`]),
  ].join('')
}

/** What came of it, what was refused, and how to go on. */
export function endText(end: ReplayEnd, command: string): string {
  const { refused, refusals, lost } = end
  return plainLines([
    headText(end),
    ...(lost === 0n
      ? []
      : [`${numberText(lost)} offsets were gone from the topic before they were delivered.`]),
    ...(refusals.length === 0 ? [] : ['', 'Refused, not delivered (still in the topic):']),
    ...columns(refusals.map(({ record, code, reason }) => ['', record, code, reason])),
    ...(refused > refusals.length ? [`  and ${numberText(refused - refusals.length)} more`] : []),
    ...(end.end === 'done' ? [] : ['', 'To go on:', `  ${command}`]),
  ])
}

function startLines({ id, plan, spans, resumed }: PreparedReplay): readonly string[] {
  return [
    `${resumed ? 'Replay goes on' : 'Replay'}: ${id}, ${plan.topic} to ${targetText(plan.target)}`,
    `  from ${spanText(plan)}; ${numberText(sizeOf(spans))} offsets to read${filterText(plan)}`,
  ]
}

function headText({
  end,
  error,
  delivered,
  filtered,
  refused,
  done,
  total,
  finishedBefore,
}: ReplayEnd): string {
  if (finishedBefore) return 'Finished before: nothing was left to deliver.'
  const counts = `${numberText(delivered)} delivered, ${numberText(filtered)} left out by the filters, ${numberText(refused)} refused`
  if (end === 'done') return `Done: ${counts}.`
  const what = end === 'failed' ? `Failed: ${error?.message}` : 'Interrupted'
  return `${what}; resumes from ${numberText(done)} of ${numberText(total)} offsets: ${counts}.`
}

/** The same for programs. */
export function endJson({ id, plan, consumerGroup }: PreparedReplay, end: ReplayEnd): string {
  const { error, done, total, lost, finishedBefore, ...counts } = end
  return JSON.stringify({
    id,
    group: consumerGroup,
    topic: plan.topic,
    ...counts,
    ...(finishedBefore ? { finishedBefore } : {}),
    ...(error === undefined ? {} : { error: error.message }),
    // Texts: offsets may have more digits than a number of JSON keeps.
    offsets: { done: String(done), total: String(total), lost: String(lost) },
  })
}

export function dryRunJson({ id, plan, consumerGroup, spans }: PreparedReplay): string {
  return JSON.stringify({
    id,
    group: consumerGroup,
    topic: plan.topic,
    dryRun: true,
    partitions: [...spans].map(([partition, { start, end }]) => ({
      partition,
      from: String(start),
      before: String(end),
    })),
  })
}

/** What goes on with it. A URL is left to whoever knows it: it may hold secrets, and outputs end up in logs. */
export function goOnCommand(
  { config, set, rate }: Pick<ReplayCommandOptions, 'config' | 'set' | 'rate'>,
  { id, plan }: Pick<PreparedReplay, 'id' | 'plan'>,
): string {
  return [
    `registry-relay replay${configWords({ config, set }, shellWord)} --id ${id}`,
    ...('name' in plan.target ? [] : ["--to-endpoint '<the same URL>'"]),
    ...(rate === undefined ? [] : [`--rate ${rate}`]),
  ].join(' ')
}

function spanText({ from, to, partition }: ReplayPlan): string {
  const where = partition === undefined ? '' : ` of partition ${partition}`
  return `${plannedText(from)} to ${plannedText(to)}${where}`
}

function plannedText({ moment }: PlannedMoment): string {
  return momentText(moment)
}

function filterText({ repositories, actions }: ReplayPlan): string {
  const parts = [
    ...(repositories.length === 0 ? [] : [`repositories ${repositories.join(', ')}`]),
    ...(actions.length === 0 ? [] : [`actions ${actions.join(', ')}`]),
  ]
  return parts.length === 0 ? '' : `; only ${parts.join('; ')}`
}
