import type { Config } from '../config/config.ts'
import type { Need } from '../operations/doctor/rights-check.ts'
import { groupIdOf } from '../topic-bridge/group-id.ts'
import { eventTopics } from './event-topics.ts'
import { topicGroup } from './topic-group.ts'

/** What runs on this machine, or is to. */
export interface DoctorServices {
  readonly gateway: boolean
  readonly bridge: boolean
}

/** What these services do with topics and groups, as Kafka's access control has it. */
export function needsOf(
  { topics, bridge }: Pick<Config, 'topics' | 'bridge'>,
  services: DoctorServices,
): readonly Need[] {
  const { events, rejected, deadLetters } = topics
  const ofEvents = eventTopics({ topics })
  const topic = (resource: string, operation: Need['operation'], without: string): Need => ({
    ...{ kind: 'topic', resource, operation, without },
  })
  return [
    ...(services.gateway
      ? [
          ...ofEvents.map((name) => topic(name, 'WRITE', 'the gateway cannot publish events there')),
          topic(rejected, 'WRITE', 'the gateway cannot keep what is no event'),
        ]
      : []),
    ...(services.bridge
      ? [
          ...ofEvents.map((name) => topic(name, 'READ', 'the bridge gets no events from it')),
          topic(deadLetters, 'WRITE', 'what cannot be delivered holds up its partition'),
          ...groupsOf(bridge, events, ofEvents).map(
            (resource): Need => ({
              ...{ kind: 'group', resource, operation: 'READ' },
              without: 'the bridge cannot deliver to this endpoint',
            }),
          ),
        ]
      : []),
  ]
}

/** The same that `runEndpoint` joins. */
function groupsOf(
  { group, endpoints }: Config['bridge'],
  events: string,
  topics: readonly string[],
): readonly string[] {
  return endpoints.flatMap(({ name }) =>
    topics.map((topic) => groupIdOf(topicGroup(group, events, topic), name)),
  )
}
