import { eventTopics } from '../app/event-topics.ts'
import type { Config } from '../config/config.ts'
import { actionProblem } from '../config/known-actions.ts'
import type { Event } from '../event/event.ts'
import { textGlob } from '../event/glob.ts'
import { matchFilter } from '../event/match-rules.ts'
import { parseMoment, type ReplayMoment } from '../operations/replay-moment.ts'
import type { TailOptions } from '../operations/tail.ts'
import type { ConfigOptions } from './config-options.ts'

export interface TailCommandOptions extends ConfigOptions {
  readonly topic?: readonly string[]
  readonly from?: string
  readonly partition?: number
  readonly repository?: readonly string[]
  readonly action?: readonly string[]
  readonly mediaType?: readonly string[]
  readonly actor?: readonly string[]
  readonly limit?: number
  readonly follow: boolean
  readonly json?: boolean
  readonly envelope?: boolean
  readonly verbose?: boolean
}

/** Options that cannot be used, in a sentence. */
export class WrongTailOption extends Error {}

/**
 * What the options ask for.
 * @param now milliseconds since the epoch
 * @throws WrongTailOption
 */
export function tailRequest(
  options: TailCommandOptions,
  config: Pick<Config, 'topics'>,
  now: number,
): Pick<TailOptions, 'topics' | 'from' | 'partition' | 'follow' | 'limit' | 'wants'> {
  const all = eventTopics(config)
  const { topic: topics = all, partition, limit, follow } = options
  const unknown = topics.find((topic) => !all.includes(topic))
  if (unknown !== undefined) {
    throw new WrongTailOption(`--topic: there is no ${unknown}; the configuration has ${all.join(', ')}`)
  }
  for (const action of options.action ?? []) {
    const problem = actionProblem(action)
    if (problem !== undefined) throw new WrongTailOption(`--action: ${problem}`)
  }
  const from = momentOf(options.from ?? 'now', now)
  if (from.kind === 'offset' && (partition === undefined || topics.length > 1)) {
    throw new WrongTailOption('--from: an offset is of one partition of one topic: give --partition too')
  }
  if (!follow && from.kind === 'latest') {
    throw new WrongTailOption('--no-follow shows nothing from now on: give --from, as --from 2h')
  }
  return { topics: [...new Set(topics)], from, partition, follow, limit, wants: eventFilter(options) }
}

function momentOf(text: string, now: number): ReplayMoment {
  if (/^\d{1,18}$/.test(text)) return { kind: 'offset', offset: BigInt(text) }
  const moment = parseMoment(text, now)
  if (moment !== undefined) return moment
  throw new WrongTailOption(
    `--from: expected a time as 2026-11-26T09:30:00Z, a time ago as 90s, 15m, 2h or 7d, beginning, now or an offset, got ${JSON.stringify(text)}`,
  )
}

function eventFilter({
  repository,
  action,
  mediaType,
  actor,
}: TailCommandOptions): (event: Event) => boolean {
  const meant = matchFilter({
    ...(action === undefined ? {} : { actions: action }),
    ...(repository === undefined ? {} : { repositories: { include: repository } }),
  })
  const isType = anyOf(mediaType)
  const isActor = anyOf(actor)
  return (event) => meant(event) && isType(event.target?.mediaType ?? '') && isActor(event.actor?.name ?? '')
}

function anyOf(patterns: readonly string[] | undefined): (text: string) => boolean {
  if (patterns === undefined) return () => true
  const compiled = patterns.map(textGlob)
  return (text) => compiled.some((matches) => matches(text))
}
