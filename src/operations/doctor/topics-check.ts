import type { Config } from '../../config/config.ts'
import type { AdminPort } from '../../kafka/admin-port.ts'
import type { Rights } from '../../kafka/rights-port.ts'
import type { TopicRole } from '../../kafka/topics.ts'
import { type PlannedTopic, planTopics } from '../topics.ts'
import { type Check, failure, note, ok, type Seen, warning } from './check.ts'
import { advertisedListeners } from './kafka-checks.ts'

export interface TopicsCheckOptions {
  readonly config: Pick<Config, 'topics' | 'gateway' | 'kafka'>
  /** Those that the services here write to or read. */
  readonly roles: readonly TopicRole[]
  readonly admin: Pick<AdminPort, 'describeTopics'>
  /** To tell a topic that is missing from one that we may not see. */
  readonly rightsOnTopics: () => Promise<ReadonlyMap<string, Rights>>
  /** How to name the configuration in a command: ` -c relay.yaml`. */
  readonly configOption: string
}

export const topicsName = 'topics'

/** Whether the topics are there, and as they should be. */
export function topicsCheck(options: TopicsCheckOptions): Check {
  return {
    ...{ name: topicsName, part: 'topics', needs: advertisedListeners },
    otherwise: 'the topics could not be looked at',
    run: () => topicsSeen(options),
  }
}

async function topicsSeen(options: TopicsCheckOptions): Promise<readonly Seen[]> {
  const { config, roles, admin, configOption } = options
  const [plan, rights] = await Promise.all([planTopics(config, admin), options.rightsOnTopics()])
  const topics = plan.topics.filter(({ wanted: { role = 'events' } }) => roles.includes(role))
  const absent = topics.filter(({ found }) => found === undefined).map(({ wanted }) => wanted.topic)
  const missing = absent.filter((topic) => typeof rights.get(topic) !== 'object')
  const hidden = absent.filter((topic) => !missing.includes(topic))
  return [
    ...(missing.length === 0
      ? []
      : [
          failure(
            `missing: ${missing.join(', ')}; nothing can be written there, and the relay creates no topic by itself`,
            `registry-relay topics apply${configOption}`,
          ),
        ]),
    ...hidden.map((topic) => note(`${topic} is not there, or this user may not see it (rights)`)),
    ...topics.flatMap((topic) => topicSeen(topic, config.kafka.brokers)),
    ...plan.remarks.map(note),
  ]
}

function topicSeen(topic: PlannedTopic, brokers: readonly string[]): readonly Seen[] {
  const { wanted, found, findings } = topic
  if (found === undefined) return []
  const name = wanted.topic
  const { partitions, replicationFactor } = found
  if (findings.length === 0) {
    const copies = replicationFactor === 1 ? '1 copy' : `${replicationFactor} copies`
    return [ok(`${name}: ${partitions} partition${partitions === 1 ? '' : 's'}, ${copies}, as wanted`)]
  }
  return findings.map(({ setting, found: value, wanted: target, severity, why, action }) => {
    const text = `${name}: ${setting} is ${value}, wanted ${target}: ${why}`
    // All works as long as no other broker fails.
    if (setting === 'inSync' && severity === 'notice') return warning(text, action)
    if (severity === 'notice') return note(text)
    // Where nothing else is to be thought of; what is no setting of a topic is never so.
    const todo =
      action === `set it to ${target}`
        ? `kafka-configs.sh --bootstrap-server ${brokers[0]} --alter --topic ${name} --add-config ${setting}=${target}`
        : action
    return failure(text, todo)
  })
}
