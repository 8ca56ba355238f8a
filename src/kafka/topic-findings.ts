import { clusterChecks, numberOf } from './topic-checks.ts'
import { limitFaults } from './topic-limits.ts'
import type { ClusterState, TopicFinding, TopicState } from './topic-state.ts'
import { reasonBytes, type TopicSpec } from './topics.ts'

/**
 * What is not as it should be, and what it leads to: topics in the order of `specs`, the dangerous first in each. What is
 * better than specified (kept longer, more copies) is no finding. Pure.
 */
export function topicFindings(specs: readonly TopicSpec[], cluster: ClusterState): readonly TopicFinding[] {
  const largestEvent = Math.max(0, ...specs.map((spec) => eventBytes(spec, cluster.topics.get(spec.topic))))
  return specs.flatMap((spec) => {
    const found = cluster.topics.get(spec.topic)
    const findings =
      found === undefined
        ? missing(spec, cluster.brokers)
        : differences(spec, found, cluster.brokers, largestEvent)
    return findings.toSorted((a, b) => Number(b.severity === 'danger') - Number(a.severity === 'danger'))
  })
}

/** The largest record that a topic of events takes by now; 0 for other topics, and where it is not known. */
function eventBytes({ role = 'events' }: TopicSpec, found: TopicState | undefined): number {
  if (found === undefined || role === 'dead-letters' || role === 'rejected') return 0
  return numberOf(found, 'max.message.bytes') ?? 0
}

function missing({ topic, replicationFactor }: TopicSpec, brokers: number): TopicFinding[] {
  const findings: TopicFinding[] = [
    {
      topic,
      setting: 'topic',
      found: 'missing',
      wanted: 'there',
      severity: 'danger',
      why: 'nothing can be written to it; the relay never creates topics by itself',
      action: 'create it with `registry-relay topics apply`',
    },
  ]
  if (replicationFactor > brokers) {
    findings.push({
      topic,
      setting: 'brokers',
      found: String(brokers),
      wanted: String(replicationFactor),
      severity: 'danger',
      why: 'each copy needs a broker of its own: Kafka will refuse to create it',
      action: `set topics.replicationFactor to ${brokers}, or wait until all brokers run`,
    })
  }
  return findings
}

function differences(
  spec: TopicSpec,
  found: TopicState,
  brokers: number,
  largestEvent: number,
): TopicFinding[] {
  const { topic, role = 'events' } = spec
  const checked = { role, wanted: spec, found, brokers }
  const largest = role === 'events' || role === 'route' || largestEvent === 0 ? 0 : largestEvent + reasonBytes
  const faults = [
    ...clusterChecks.map((check) => check(checked)).filter((fault) => fault !== undefined),
    ...limitFaults(checked, spec, largest),
  ]
  if (found.settings === undefined) {
    faults.push({
      setting: 'settings',
      found: 'not permitted to see',
      wanted: 'visible',
      severity: 'notice',
      why: 'whether they keep what was acknowledged is not known',
      action: 'permit the operation DescribeConfigs on the topic',
    })
  }
  return faults.map((fault) => ({ topic, ...fault }))
}
