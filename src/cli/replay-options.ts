import { createHash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { actionProblem } from '../config/known-actions.ts'
import { momentText, parseMoment, type ReplayMoment } from '../operations/replay-moment.ts'
import type { PlannedMoment, ReplayPlan, ReplayTarget } from '../operations/replay-plan.ts'
import type { ReplayRequest } from '../operations/replay-prepare.ts'
import type { ConfigOptions } from './config-options.ts'

export interface ReplayCommandOptions extends ConfigOptions {
  readonly toEndpoint?: string
  readonly from?: string
  readonly to?: string
  readonly repository?: readonly string[]
  readonly action?: readonly string[]
  readonly topic?: string
  readonly partition?: number
  readonly fromOffset?: bigint
  readonly toOffset?: bigint
  readonly rate?: number
  readonly id?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Options that cannot be used, in a sentence. */
export class WrongOption extends Error {}

/**
 * What the options ask for.
 * @param now milliseconds since the epoch
 * @throws WrongOption
 */
export function replayRequest(
  options: ReplayCommandOptions,
  config: Pick<Config, 'topics' | 'bridge'>,
  id: string,
  now: number,
): ReplayRequest {
  const { events, routes } = config.topics
  const topics = [...new Set([events, ...routes.map(({ topic }) => topic)])]
  if (options.topic !== undefined && !topics.includes(options.topic)) {
    throw new WrongOption(`--topic: the configuration has ${topics.join(', ')}`)
  }
  const asked = askedPlan(options, config, now)
  const plan = wholePlan(asked, events)
  // Without an id there is no replay that could go on: Kafka need not be asked.
  if (typeof plan === 'string' && options.id === undefined) throw new WrongOption(plan)
  return {
    id,
    bridgeGroup: config.bridge.group,
    liveGroups: liveGroups(config, topics),
    topics,
    asked,
    plan: typeof plan === 'string' ? `no replay of that id was begun; to begin one, ${plan}` : plan,
  }
}

function askedPlan(
  options: ReplayCommandOptions,
  config: Pick<Config, 'bridge'>,
  now: number,
): Partial<ReplayPlan> {
  const { topic, partition, repository, action, toEndpoint, fromOffset, toOffset } = options
  if (partition === undefined && (fromOffset ?? toOffset) !== undefined) {
    throw new WrongOption('--from-offset and --to-offset are of one partition: give --partition too')
  }
  for (const one of action ?? []) {
    const problem = actionProblem(one)
    if (problem !== undefined) throw new WrongOption(`--action: ${problem}`)
  }
  const from = momentOf('--from', options.from, fromOffset, now)
  const to = momentOf('--to', options.to, toOffset, now)
  checkOrder(from, to)
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    ...(repository === undefined ? {} : { repositories: repository }),
    ...(action === undefined ? {} : { actions: action }),
    ...(toEndpoint === undefined ? {} : { target: targetOf(toEndpoint, config) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

/** With defaults; a sentence where a replay cannot begin with so little. */
function wholePlan(asked: Partial<ReplayPlan>, events: string): ReplayPlan | string {
  const { from, target, to = { text: 'latest', moment: { kind: 'latest' } } } = asked
  if (target === undefined) return '--to-endpoint is missing'
  if (from === undefined) return '--from or --from-offset is missing'
  return { topic: events, repositories: [], actions: [], ...asked, target, from, to }
}

function momentOf(
  option: string,
  text: string | undefined,
  offset: bigint | undefined,
  now: number,
): PlannedMoment | undefined {
  if (offset !== undefined) return { text: `offset ${offset}`, moment: { kind: 'offset', offset } }
  if (text === undefined) return undefined
  const moment = parseMoment(text, now)
  // By one word for each end: the plan is compared when a replay goes on.
  if (moment !== undefined) return { text: moment.kind === 'time' ? text : momentText(moment), moment }
  throw new WrongOption(
    `${option}: expected a time as 2026-11-26T09:30:00Z, a time ago as 90s, 15m, 2h or 7d, earliest (beginning) or latest (now), got ${JSON.stringify(text)}`,
  )
}

/** @throws WrongOption where nothing can lie between */
function checkOrder(from: PlannedMoment | undefined, to: PlannedMoment | undefined): void {
  const start = positionOf(from?.moment)
  const end = positionOf(to?.moment)
  if (from === undefined || to === undefined || start?.kind !== end?.kind) return
  if (start === undefined || end === undefined || start.at < end.at) return
  const [first, last] = start.kind === 'time' ? ['--from', '--to'] : ['--from-offset', '--to-offset']
  throw new WrongOption(
    `${first} is not before ${last}: ${momentText(from.moment)} and ${momentText(to.moment)}`,
  )
}

function positionOf(
  moment: ReplayMoment | undefined,
): { readonly kind: ReplayMoment['kind']; readonly at: number | bigint } | undefined {
  if (moment?.kind === 'time') return { kind: 'time', at: moment.ms }
  return moment?.kind === 'offset' ? { kind: 'offset', at: moment.offset } : undefined
}

function targetOf(text: string, { bridge }: Pick<Config, 'bridge'>): ReplayTarget {
  if (bridge.endpoints.some(({ name }) => name === text)) return { name: text }
  if (!/^https?:\/\//i.test(text)) {
    const names = bridge.endpoints.map(({ name }) => name)
    throw new WrongOption(
      `--to-endpoint: expected an http or https URL, or an endpoint of the configuration (${names.join(', ') || 'it has none'}), got ${JSON.stringify(text)}`,
    )
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new WrongOption('--to-endpoint: expected a URL without user name and password')
  }
  return { host: url.host, sha256: createHash('sha256').update(url.href).digest('hex') }
}

function liveGroups({ bridge }: Pick<Config, 'bridge'>, topics: readonly string[]): readonly string[] {
  return bridge.endpoints.flatMap(({ name }) => [
    `${bridge.group}.${name}`,
    ...topics.map((topic) => `${bridge.group}.${topic}.${name}`),
  ])
}
