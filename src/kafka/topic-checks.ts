import type { TopicFinding, TopicState } from './topic-state.ts'
import { minInSync, type TopicRole } from './topics.ts'

/** A finding without the name of its topic. */
export type Fault = Omit<TopicFinding, 'topic'>

export interface Checked {
  readonly role: TopicRole
  readonly wanted: { readonly partitions: number; readonly replicationFactor: number }
  readonly found: TopicState
  readonly brokers: number
}

/** Undefined: nothing to say. */
type Check = (checked: Checked) => Fault | undefined

const holdsEvents = (role: TopicRole): boolean => role === 'events' || role === 'route'

/** A repository is its partition; the number of partitions decides which one, and only order depends on it. */
const partitions: Check = ({ role, wanted, found }) => {
  if (!holdsEvents(role) || found.partitions === wanted.partitions) return undefined
  const fault = {
    setting: 'partitions',
    found: String(found.partitions),
    wanted: String(wanted.partitions),
    action: `set topics.partitions to ${found.partitions}, or move to a new topic; never add partitions to this one`,
  }
  return found.partitions > wanted.partitions
    ? {
        ...fault,
        severity: 'danger',
        why: 'if partitions were added to it, most repositories moved to other ones, and their older events may be read after newer ones',
      }
    : {
        ...fault,
        severity: 'notice',
        why: 'fewer consumers can share the work; order is not affected',
      }
}

const copies: Check = ({ wanted, found, brokers }) => {
  const fault = {
    setting: 'replicationFactor',
    found: String(found.replicationFactor),
    wanted: String(wanted.replicationFactor),
  }
  if (found.replicationFactor === 1 && brokers > 1) {
    return {
      ...fault,
      wanted: String(Math.max(wanted.replicationFactor, Math.min(3, brokers))),
      severity: 'danger',
      why: `events are on one of ${brokers} brokers only: its disk fails and they are gone, it is down and nothing can be written`,
      action: 'add copies with kafka-reassign-partitions.sh',
    }
  }
  if (found.replicationFactor >= wanted.replicationFactor) return undefined
  const missing = `${wanted.replicationFactor} copies are configured`
  if (found.replicationFactor === 1) {
    return {
      ...fault,
      severity: 'notice',
      why: `${missing}, and the only broker there is holds one`,
      action: 'set topics.replicationFactor to 1 if one broker is all there will be',
    }
  }
  return {
    ...fault,
    severity: 'notice',
    why: `${missing}; fewer brokers may be down at once`,
    action: 'add copies with kafka-reassign-partitions.sh',
  }
}

const inSyncReplicas: Check = ({ found }) => {
  const { replicationFactor } = found
  const count = numberOf(found, 'min.insync.replicas')
  if (count === undefined || replicationFactor === 1) return undefined
  const fault = {
    setting: 'min.insync.replicas',
    found: String(count),
    wanted: String(minInSync(replicationFactor)),
  }
  if (count === 1) {
    return {
      ...fault,
      severity: 'danger',
      why: 'a record counts as stored when one broker has it: that broker fails, and an event that was acknowledged is lost',
      action: `set it to ${fault.wanted}`,
    }
  }
  if (count < replicationFactor) return undefined
  const never = count > replicationFactor
  const why = never
    ? `there are only ${replicationFactor} copies: nothing can be written`
    : 'as many as there are copies: one broker down, a restart too, and nothing can be written'
  if (replicationFactor > 2 || never) {
    return { ...fault, severity: 'danger', why, action: `set it to ${fault.wanted}` }
  }
  return {
    ...fault,
    severity: 'notice',
    why,
    action: 'give the topic a third copy with kafka-reassign-partitions.sh; a lower value could lose events',
  }
}

const leaders: Check = ({ found: { copies } }) => {
  const without = copies.filter(({ hasLeader }) => !hasLeader)
  if (without.length === 0) return undefined
  return {
    setting: 'leaders',
    found: `none in ${partitionsText(without)}`,
    wanted: 'one in each',
    severity: 'danger',
    why: 'nothing can be read from there or written to there',
    action: 'start the brokers that hold the copies (kafka-topics.sh --describe --unavailable-partitions)',
  }
}

/** A partition without a leader has nothing to be in sync with. */
const inSync: Check = ({ found }) => {
  const needed = numberOf(found, 'min.insync.replicas') ?? 1
  const behind = found.copies.filter((one) => one.hasLeader && one.inSync < one.copies)
  // More than there are copies is a setting that is wrong, and another finding.
  const tooFew = behind.filter((one) => one.inSync < needed && needed <= one.copies)
  const [first] = tooFew.length > 0 ? tooFew : behind
  if (first === undefined) return undefined
  const fault = {
    setting: 'inSync',
    found: `${first.inSync} of ${first.copies} copies in ${partitionsText(tooFew.length > 0 ? tooFew : behind)}`,
    action: 'see which broker is down or slow (kafka-topics.sh --describe --under-replicated-partitions)',
  }
  return tooFew.length > 0
    ? {
        ...fault,
        wanted: `at least ${needed}`,
        severity: 'danger',
        why: 'fewer than min.insync.replicas: nothing can be written there',
      }
    : {
        ...fault,
        wanted: String(first.copies),
        severity: 'notice',
        why: 'the copies that are behind are of no help at the next fault',
      }
}

/** Topics have hundreds. */
const shownPartitions = 5

function partitionsText(partitions: readonly { readonly partition: number }[]): string {
  const numbers = partitions.map(({ partition }) => partition)
  const rest = numbers.length - shownPartitions
  const shown = numbers.slice(0, shownPartitions).join(', ')
  return `partition${numbers.length === 1 ? '' : 's'} ${shown}${rest > 0 ? ` and ${rest} more` : ''}`
}

const uncleanElection: Check = ({ found }) => {
  if (found.settings?.get('unclean.leader.election.enable') !== 'true') return undefined
  return {
    setting: 'unclean.leader.election.enable',
    found: 'true',
    wanted: 'false',
    severity: found.replicationFactor > 1 ? 'danger' : 'notice',
    why:
      found.replicationFactor > 1
        ? 'a broker that lagged behind may become leader, and takes acknowledged events out of the topic'
        : 'no effect with one copy, and acknowledged events lost as soon as there are more',
    action: 'set it to false',
  }
}

const compaction: Check = ({ role, found }) => {
  const policy = found.settings?.get('cleanup.policy') ?? 'delete'
  if (!policy.split(',').includes('compact')) return undefined
  return {
    setting: 'cleanup.policy',
    found: policy,
    wanted: 'delete',
    severity: 'danger',
    why: holdsEvents(role)
      ? 'of each repository only the newest event is kept: all older ones are deleted, read or not'
      : 'of each key only the newest record is kept: older ones are deleted, looked at or not',
    action: 'set it to delete',
  }
}

const compression: Check = ({ found }) => {
  const type = found.settings?.get('compression.type') ?? 'producer'
  if (type === 'producer') return undefined
  return {
    setting: 'compression.type',
    found: type,
    wanted: 'producer',
    severity: 'notice',
    why: 'the brokers unpack and repack every batch, at the cost of their processors',
    action: 'set it to producer, and kafka.compression in the configuration of the relay',
  }
}

export function numberOf({ settings }: TopicState, name: string): number | undefined {
  const value = settings?.get(name)
  return value === undefined ? undefined : Number(value)
}

/** In the order in which an operator would look. */
export const clusterChecks: readonly Check[] = [
  partitions,
  copies,
  leaders,
  inSync,
  inSyncReplicas,
  uncleanElection,
  compaction,
  compression,
]
