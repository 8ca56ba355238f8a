import type { Config } from '../config/config.ts'
import { RelayError } from '../errors.ts'
import type { AdminPort, TopicsReport } from '../kafka/admin-port.ts'
import { topicFindings } from '../kafka/topic-findings.ts'
import type { ClusterState, TopicFinding, TopicState } from '../kafka/topic-state.ts'
import { type RelayTopicsOptions, relayTopics, type TopicRole, type TopicSpec } from '../kafka/topics.ts'
import { sizeText } from './size-text.ts'

const maxBytes = 'max.message.bytes'

/** What `topics plan` found: nothing was changed. */
export interface TopicsPlan {
  /** That answer at the moment. */
  readonly brokers: number
  readonly topics: readonly PlannedTopic[]
  /** Nothing is missing and nothing dangerous was found. */
  readonly asWanted: boolean
  /** What is no finding and yet worth knowing, a sentence each. */
  readonly remarks: readonly string[]
}

export interface PlannedTopic {
  readonly wanted: TopicSpec
  /** Undefined: `topics apply` would create it as wanted. */
  readonly found: TopicState | undefined
  readonly findings: readonly TopicFinding[]
}

/** The topics of a configuration, or those of some roles: what a gateway writes to is not what a bridge writes to. */
export function topicSpecsOf(
  { topics }: { readonly topics: RelayTopicsOptions },
  roles?: readonly TopicRole[],
): readonly TopicSpec[] {
  return relayTopics(topics).filter(({ role = 'events' }) => roles === undefined || roles.includes(role))
}

/** Rejects as {@link AdminPort} does. */
export async function planTopics(
  config: Pick<Config, 'topics' | 'gateway'>,
  admin: Pick<AdminPort, 'describeTopics'>,
): Promise<TopicsPlan> {
  const specs = topicSpecsOf(config)
  const cluster = await admin.describeTopics(specs.map(({ topic }) => topic))
  const findings = topicFindings(specs, cluster)
  return {
    brokers: cluster.brokers,
    topics: specs.map((wanted) => ({
      wanted,
      found: cluster.topics.get(wanted.topic),
      findings: findings.filter(({ topic }) => topic === wanted.topic),
    })),
    asWanted: findings.every(({ severity }) => severity !== 'danger'),
    remarks: [...limitRemarks(config, specs, cluster), ...nameRemarks(specs)],
  }
}

/**
 * Creates the topics that are missing, and alters none. Rejects as {@link AdminPort} does, and with KAFKA_UNAVAILABLE where
 * fewer brokers answer than copies are wanted: it may pass, when one of them is only being restarted.
 */
export async function createMissingTopics(
  config: Pick<Config, 'topics'>,
  admin: Pick<AdminPort, 'planTopics' | 'ensureTopics'>,
): Promise<TopicsReport> {
  const specs = topicSpecsOf(config)
  const { findings } = await admin.planTopics(specs)
  // Kafka's own words for it name neither the topic nor the numbers.
  const tooFew = findings.find(({ setting }) => setting === 'brokers')
  if (tooFew !== undefined) {
    const { topic, wanted, found, action } = tooFew
    throw new RelayError(
      'KAFKA_UNAVAILABLE',
      `${topic} cannot be created with ${wanted} copies (topics.replicationFactor), brokers that answer: ${found}; ${action}`,
      { facts: { topic, brokers: Number(found), copies: Number(wanted) } },
    )
  }
  return admin.ensureTopics(specs)
}

/** A gateway takes larger bodies than a topic takes records, on purpose: a refusal would stop the registry. */
function limitRemarks(
  { topics: { rejected }, gateway: { maxBodyBytes } }: Pick<Config, 'topics' | 'gateway'>,
  specs: readonly TopicSpec[],
  { topics }: ClusterState,
): readonly string[] {
  const names = new Map<number, string[]>()
  for (const { topic, role, settings } of specs) {
    if (role === 'dead-letters' || role === 'rejected') continue
    // As it is; of a topic that is missing, or whose settings may not be seen, as it should be.
    const bytes = Number(topics.get(topic)?.settings?.get(maxBytes) ?? settings[maxBytes] ?? 0)
    if (bytes < maxBodyBytes) names.set(bytes, [...(names.get(bytes) ?? []), topic])
  }
  return [...names].map(
    ([bytes, of]) =>
      `an event of more than ${sizeText(bytes)} (${maxBytes} of ${of.join(', ')}; gateway.maxBodyBytes lets ${sizeText(maxBodyBytes)} in) is kept in ${rejected} instead`,
  )
}

/** Kafka's metrics make one name of both. It refuses the second, unless it is created in one request with the first. */
function nameRemarks(specs: readonly TopicSpec[]): readonly string[] {
  const names = new Map<string, string[]>()
  for (const { topic } of specs) {
    const merged = topic.replaceAll('.', '_')
    names.set(merged, [...(names.get(merged) ?? []), topic])
  }
  return [...names.values()].flatMap((of) =>
    of.length === 1
      ? []
      : [
          `${of.join(' and ')} differ only by . and _: that is one name to Kafka, and it refuses the one that comes later`,
        ],
  )
}
