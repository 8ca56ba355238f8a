import { isClean, type LoadProgress, type LoadReport } from '../operations/loadgen.ts'
import type { FarReport } from '../operations/loadgen-ledger.ts'
import type { TimesReport } from '../operations/loadgen-times.ts'
import { columns } from './columns.ts'
import { numberText, rateText } from './number-text.ts'
import { plainLines } from './plain-text.ts'

/** One line while it runs. */
export function loadProgressText(
  { taken, total, retries, waiting, trouble, posting }: LoadProgress,
  rate: number,
): string {
  if (!posting && waiting === 0) return `all of ${numberText(taken)} arrived; waiting for late repeats`
  if (!posting) return `${numberText(waiting)} of ${numberText(taken)} still to arrive`
  return [
    `${numberText(taken)}${total === undefined ? '' : ` of ${numberText(total)}`} taken`,
    `, ${rateText(rate)}`,
    retries === 0 ? '' : `, ${numberText(retries)} retries`,
    waiting === 0 ? '' : `, ${numberText(waiting)} under way`,
    trouble === undefined ? '' : ` - the gateway: ${trouble}`,
  ].join('')
}

/** What came of it: counts first, then times, then what it comes to. */
export function loadText(report: LoadReport, farName: string): string {
  const { events, taken, givenUp, unanswered, retries, seconds, rate, answers, answerMs } = report
  const { alteredAllowed, farEnd } = report
  const row = (name: string, count: number, remark = ''): readonly string[] => [
    name,
    numberText(count),
    remark,
  ]
  const rows = [
    row('events', events, `in ${seconds.toFixed(1)} s, ${rate.toFixed(1)} a second`),
    row(
      'taken',
      taken,
      Object.entries(answers)
        .map(([answer, count]) => `${answer}: ${numberText(count)}`)
        .join(', '),
    ),
    ...(givenUp === 0 ? [] : [row('given up', givenUp, 'by the registry, after its last retry')]),
    ...(unanswered === 0 ? [] : [row('unanswered', unanswered, 'when it was stopped')]),
    row('retries', retries),
    ...(farEnd === undefined ? [] : farRows(farEnd, farName, alteredAllowed, row)),
  ]
  return plainLines([
    ...columns(rows.map(([name = '', count = '', remark = '']) => [name, count.padStart(12), remark])),
    '',
    ...columns([
      ['MILLISECONDS', 'P50', 'P90', 'P99', 'MAX'],
      ...timesRow('answer of the gateway', answerMs),
      ...timesRow(`event to ${farName}`, farEnd?.latencyMs),
    ]),
    ...exampleLines(farEnd),
    '',
    verdictText(report),
    `seed ${report.seed}`,
  ])
}

/** The same for programs; null for what was not looked at. */
export function loadJson(report: LoadReport): string {
  const { farEnd, answerMs, ...counts } = report
  return JSON.stringify({
    clean: isClean(report) ?? null,
    ...counts,
    answerMs: answerMs ?? null,
    farEnd: farEnd === undefined ? null : { ...farEnd, latencyMs: farEnd.latencyMs ?? null },
  })
}

function farRows(
  { arrived, lost, duplicates, outOfOrder, altered }: FarReport,
  farName: string,
  alteredAllowed: boolean,
  row: (name: string, count: number, remark?: string) => readonly string[],
): readonly (readonly string[])[] {
  const alteredWhy = alteredAllowed ? ', as a redaction policy makes them' : ' (see --allow-altered)'
  return [
    row('arrived', arrived, `${farName === 'topic' ? 'in' : 'at'} the ${farName}`),
    row('lost', lost, lost === 0 ? '' : 'acknowledged, and not there'),
    row('duplicates', duplicates),
    row('out of order', outOfOrder, outOfOrder === 0 ? '' : 'behind a later event of their repository'),
    ...(altered === 0 ? [] : [row('altered', altered, `other bytes than were posted${alteredWhy}`)]),
  ]
}

function timesRow(name: string, times: TimesReport | undefined): readonly (readonly string[])[] {
  if (times === undefined) return []
  return [[name, ...[times.p50, times.p90, times.p99, times.max].map((ms) => ms.toFixed(ms < 10 ? 2 : 0))]]
}

function exampleLines(farEnd: FarReport | undefined): readonly string[] {
  if (farEnd === undefined || farEnd.examples.length === 0) return []
  const rows = farEnd.examples.map(({ fate, id, repository, sequence }) => [
    '',
    fate,
    repository,
    `number ${sequence}`,
    id,
  ])
  return ['', 'For example:', ...columns(rows)]
}

function verdictText(report: LoadReport): string {
  const { events, givenUp, unanswered, alteredAllowed, farEnd } = report
  const clean = isClean(report)
  if (clean === undefined) return 'Taken; nobody looked what arrived (see --verify).'
  if (clean) return 'Nothing was lost, and all came in order.'
  const parts = [
    ...(events === 0 ? ['nothing was posted'] : []),
    ...unlessNone(givenUp, 'never taken'),
    ...unlessNone(unanswered, 'never answered'),
    ...unlessNone(farEnd?.lost, 'lost'),
    ...unlessNone(farEnd?.outOfOrder, 'out of order'),
    ...unlessNone(alteredAllowed ? 0 : farEnd?.altered, 'altered'),
  ]
  return `Not as it should be: ${parts.join(', ')}.`
}

function unlessNone(count: number | undefined, what: string): readonly string[] {
  return count === undefined || count === 0 ? [] : [`${numberText(count)} ${what}`]
}
