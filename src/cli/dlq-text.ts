import type { DeadLetter, DeadLetterList } from '../operations/dead-letters.ts'
import { idText } from '../operations/dead-letters-id.ts'
import type { PlannedLetter } from '../operations/dead-letters-plan.ts'
import type { RedriveOutcome, RedriveResult } from '../operations/dead-letters-redrive.ts'
import { columns } from './columns.ts'
import { counted } from './number-text.ts'
import { plainLines } from './plain-text.ts'
import { timeText } from './time-text.ts'

/** Failures that are printed one by one; the rest is counted. */
const mostFailures = 20

/** A table, and how many open ones there are for each reason. */
export function listText(
  topic: string,
  list: Pick<DeadLetterList, 'letters' | 'others'>,
  shown: readonly DeadLetter[],
): string {
  const hidden = list.letters.length - shown.length
  const redriven = list.letters.filter(({ fate }) => fate !== undefined).length
  const open = list.letters.length - redriven
  const more = [
    ...(hidden === 0 ? [] : [`${redriven} redriven: --all shows them`]),
    ...(list.others === 0 ? [] : [`${counted(list.others, 'record')} of another kind`]),
  ]
  const head = ['ID', 'WRITTEN AT', 'ENDPOINT', 'REPOSITORY', 'REASON', 'STATUS', 'ATTEMPTS', 'STATE']
  return plainLines([
    ...(shown.length === 0 ? [] : [...columns([head, ...shown.map(row)]), '']),
    `${open} open in ${topic}${more.length === 0 ? '' : ` (${more.join('; ')})`}`,
    ...columns(counts(shown).map(([code, count]) => ['', dash(code), String(count)])),
  ])
}

/** What a redrive would do. */
export function planText(planned: readonly PlannedLetter[], kind: 'endpoint' | 'topic'): string {
  if (planned.length === 0) return 'Nothing to redrive.'
  const rows = planned.map(({ letter, name }) => [
    idText(letter.id),
    dash(letter.repository),
    dash(letter.code),
    `-> ${kind} ${name}`,
  ])
  return plainLines([
    ...columns(rows),
    '',
    `${counted(planned.length, 'dead letter')} would be redriven; nothing was done.`,
  ])
}

/** What a redrive did. */
export function redriveText(
  outcomes: readonly Pick<RedriveOutcome, 'letter' | 'to' | 'result' | 'error'>[],
): string {
  if (outcomes.length === 0) return 'Nothing to redrive.'
  const failures = outcomes.filter(({ result }) => result === 'still dead')
  const rows = failures
    .slice(0, mostFailures)
    .map(({ letter, error }) => [
      '',
      idText(letter.id),
      dash(letter.repository),
      error?.code ?? '',
      error?.message ?? '',
    ])
  const rest = failures.length - rows.length
  return plainLines([
    `${[redrivenText(outcomes), ...resultCounts(outcomes).slice(1)].join(', ')}.`,
    ...(rows.length === 0 ? [] : ['', 'Still dead (see registry-relay dlq list):', ...columns(rows)]),
    ...(rest > 0 ? [`  and ${rest} more (--json prints all)`] : []),
  ])
}

/** `2 redriven to endpoint audit`; where they went to several, how many to each. */
function redrivenText(outcomes: readonly Pick<RedriveOutcome, 'to' | 'result'>[]): string {
  const byTarget = new Map<string, number>()
  for (const { to, result } of outcomes) {
    if (result === 'redriven') byTarget.set(to, (byTarget.get(to) ?? 0) + 1)
  }
  const [only] = byTarget.keys()
  const total = [...byTarget.values()].reduce((sum, count) => sum + count, 0)
  if (only === undefined) return '0 redriven'
  if (byTarget.size === 1) return `${total} redriven to ${only}`
  return `${total} redriven (${[...byTarget].map(([to, count]) => `${count} to ${to}`).join(', ')})`
}

/** `12 redriven`, and of the others those that there are. */
export function resultCounts(outcomes: readonly { readonly result: RedriveResult }[]): readonly string[] {
  const count = (result: RedriveResult): number => outcomes.filter((one) => one.result === result).length
  const others = (['still dead', 'held back', 'not tried'] as const)
    .filter((result) => count(result) > 0)
    .map((result) => `${count(result)} ${result}`)
  return [`${count('redriven')} redriven`, ...others]
}

export function dash(text: string | number | undefined): string {
  return text === undefined || text === '' ? '-' : String(text)
}

function row({
  id,
  at,
  endpoint,
  repository,
  code,
  lastStatus,
  attempts,
  fate,
}: DeadLetter): readonly string[] {
  return [
    idText(id),
    timeText(at),
    dash(endpoint),
    dash(repository),
    dash(code),
    dash(lastStatus),
    dash(attempts),
    fate === undefined ? 'open' : `redriven to ${fate.to}`,
  ]
}

function counts(letters: readonly DeadLetter[]): readonly (readonly [string, number])[] {
  const byCode = new Map<string, number>()
  for (const { code, fate } of letters) if (fate === undefined) byCode.set(code, (byCode.get(code) ?? 0) + 1)
  return [...byCode].toSorted(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
}
