import type { PlannedTopic, TopicsPlan } from '../operations/topics.ts'
import { columns } from './columns.ts'
import { counted } from './number-text.ts'
import { plainLines } from './plain-text.ts'
import { settingText } from './setting-text.ts'

type Finding = PlannedTopic['findings'][number]

/** What is no setting of a topic, so that no `--add-config` sets it. */
const notSet: ReadonlySet<string> = new Set([
  'partitions',
  'replicationFactor',
  'leaders',
  'inSync',
  'settings',
])

/** Findings of topics that do not exist: shown in one place for all of them. */
const ofMissing: ReadonlySet<string> = new Set(['topic', 'brokers'])

/** A plan for people: what is there at a glance, then what would be created, then what to look at. */
export function planText(plan: TopicsPlan, brokers: readonly string[]): string {
  const missing = plan.topics.filter(({ found }) => found === undefined)
  const findings = plan.topics.flatMap((topic) => topic.findings)
  return plainLines([
    `Kafka at ${brokers.join(', ')} (${counted(plan.brokers, 'broker')})`,
    '',
    ...columns([['TOPIC', 'PARTITIONS', 'COPIES', 'STATE'], ...plan.topics.map(row)]),
    ...creations(missing),
    ...findingLines(findings, brokers),
    ...plan.remarks.flatMap((remark) => ['', `Note: ${remark}.`]),
    '',
    verdict(missing.length, findings),
  ])
}

/** What `topics apply` did. */
export function applyText(
  report: {
    readonly created: readonly string[]
    readonly existing: readonly string[]
    readonly findings: readonly Finding[]
  },
  brokers: readonly string[],
): string {
  const { created, existing, findings } = report
  const rows = [
    ...created.map((topic) => ['created', topic]),
    ...existing.map((topic) => ['exists', topic, stateOf(findings.filter((one) => one.topic === topic))]),
  ]
  return plainLines([...columns(rows), ...findingLines(findings, brokers)])
}

function row({ wanted, found, findings }: PlannedTopic): readonly string[] {
  const { topic, partitions, replicationFactor } = found === undefined ? wanted : { ...wanted, ...found }
  const state = found === undefined ? 'missing' : stateOf(findings)
  return [topic, String(partitions), String(replicationFactor), state]
}

function stateOf(findings: readonly Finding[]): string {
  const dangers = findings.filter(({ severity }) => severity === 'danger').length
  const notices = findings.length - dangers
  if (findings.length === 0) return 'as wanted'
  return [
    ...(dangers === 0 ? [] : [counted(dangers, 'danger')]),
    ...(notices === 0 ? [] : [counted(notices, 'notice')]),
  ].join(', ')
}

/** Topics that would get the same settings stand together. */
function creations(missing: readonly PlannedTopic[]): readonly string[] {
  const groups = new Map<string, PlannedTopic[]>()
  for (const topic of missing) {
    const key = JSON.stringify(topic.wanted.settings)
    groups.set(key, [...(groups.get(key) ?? []), topic])
  }
  return [...groups.values()].flatMap((group) => [
    '',
    `To be created: ${group.map(({ wanted }) => wanted.topic).join(', ')}, with`,
    ...columns(
      Object.entries(group[0]?.wanted.settings ?? {}).map(([name, value]) => [
        '',
        name,
        settingText(name, value),
      ]),
    ),
  ])
}

function findingLines(findings: readonly Finding[], brokers: readonly string[]): readonly string[] {
  const shown = findings.filter(({ setting }) => !ofMissing.has(setting))
  const topics = [...new Set(shown.map(({ topic }) => topic))]
  return topics.flatMap((topic) => {
    const own = shown.filter((one) => one.topic === topic)
    return ['', topic, ...own.flatMap(findingText), ...commandFor(topic, own, brokers)]
  })
}

function findingText({ severity, setting, found, wanted, why, action }: Finding): readonly string[] {
  const label = severity === 'danger' ? 'DANGER' : 'notice'
  return [
    `  ${label}  ${setting} is ${settingText(setting, found)}, wanted ${settingText(setting, wanted)}`,
    `          ${why}`,
    // The command below sets it to what is wanted.
    ...(action === `set it to ${wanted}` ? [] : [`          -> ${action}`]),
  ]
}

function commandFor(
  topic: string,
  findings: readonly Finding[],
  brokers: readonly string[],
): readonly string[] {
  // Two copies and a majority of one: no value of that setting is right, and the finding says what is.
  const set = findings.filter(({ setting, found, wanted }) => !notSet.has(setting) && found !== wanted)
  if (set.length === 0) return []
  const values = set.map(({ setting, wanted }) => `${setting}=${wanted}`).join(',')
  return [
    '  To set what can be set:',
    `    kafka-configs.sh --bootstrap-server ${brokers[0]} --alter --topic ${topic} --add-config ${values}`,
  ]
}

function verdict(missing: number, findings: readonly Finding[]): string {
  const tooFew = findings.find(({ setting }) => setting === 'brokers')
  const dangers = findings.filter(
    ({ severity, setting }) => severity === 'danger' && !ofMissing.has(setting),
  ).length
  const parts = [
    ...(missing === 0 ? [] : [`${counted(missing, 'topic')} missing: ${remedy(tooFew)}`]),
    ...(dangers === 0
      ? []
      : [`${counted(dangers, 'dangerous setting')}: nothing here alters a topic, you decide`]),
  ]
  if (parts.length > 0) return `${parts.join('. ')}.`
  return findings.length === 0 ? 'All topics are as wanted.' : 'All topics are there; nothing is dangerous.'
}

function remedy(tooFew: Finding | undefined): string {
  if (tooFew === undefined) return '`registry-relay topics apply` creates what is missing'
  const { found, wanted, action } = tooFew
  return `they cannot be created with ${wanted} copies while ${counted(Number(found), 'broker')} can hold them; ${action}`
}
