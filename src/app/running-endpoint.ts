import type { Config } from '../config/config.ts'
import type { EndpointConfig } from '../config/endpoint-config.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import type { Connections } from './connections.ts'
import { endpointOptions, watchEndpoint } from './endpoint-files.ts'
import { eventTopics } from './event-topics.ts'
import { bridgeEndpointOptions, openEndpoint } from './open-endpoint.ts'
import { openTopicBridge } from './open-topic-bridge.ts'
import type { Parts } from './parts.ts'
import { topicGroup } from './topic-group.ts'

/** One endpoint of a bridge, with its consumers: one for each topic of events. */
export interface RunningEndpoint {
  readonly config: EndpointConfig
  readonly parts: Parts
  /** Resolves when every consumer group has been joined; rejects where it was closed before. */
  readonly joined: Promise<void>
  /**
   * Lets deliveries under way end, commits, leaves the groups, then closes what delivers. Idempotent. Resolves with the names of
   * the groups that did not hear of it.
   */
  close(deadlineMs: number): Promise<readonly string[]>
}

export interface RunningEndpointTerms {
  readonly config: Pick<Config, 'topics' | 'bridge'>
  readonly connections: Connections
  readonly onDelivered: ((endpoint: string, delivered: Delivered) => void) | undefined
  readonly telemetry: Telemetry
}

/** Left for closing what delivers when the groups took all of the time. */
const lastMs = 500

/** Begins to deliver to an endpoint. @throws RelayError CONFIG_INVALID naming the endpoint, and the key that cannot be used */
export function runEndpoint(settings: EndpointConfig, terms: RunningEndpointTerms): RunningEndpoint {
  const { config, connections, onDelivered, telemetry } = terms
  const { name } = settings
  const { events, deadLetters } = config.topics
  const { group, unknownSchemaMs } = config.bridge
  const files = watchEndpoint(settings, telemetry)
  const endpoint = openEndpoint(bridgeEndpointOptions(settings, files.options), telemetry)
  const bridges = eventTopics(config).map((topic) =>
    openTopicBridge({
      ...connections,
      topic,
      deadLetterTopic: deadLetters,
      group: topicGroup(group, events, topic),
      endpoint,
      unknownSchemaMs,
      ...(onDelivered === undefined
        ? {}
        : { onDelivered: (delivered: Delivered) => onDelivered(name, delivered) }),
      telemetry,
    }),
  )
  const joined = Promise.all(bridges.map((bridge) => bridge.start())).then(() => undefined)
  // Whoever does not wait for it looks at the readiness instead; a stop before the first join is no failure then.
  joined.catch(() => undefined)

  const shut = async (deadlineMs: number): Promise<readonly string[]> => {
    const closings = bridges.map(async (bridge) => {
      const left = await bridge.close({ deadlineMs })
      return left ? [] : [bridge.groupId]
    })
    const unheard = (await Promise.all(closings)).flat()
    // Nothing of it is under way any more.
    await endpoint.deliverer.close({ deadlineMs: lastMs })
    endpoint.gate.retire()
    await files.close()
    return unheard
  }
  let closed: Promise<readonly string[]> | undefined
  return {
    config: settings,
    parts: Object.fromEntries(
      bridges.map((bridge) => [`bridge ${bridge.groupId}`, () => bridge.readiness()] as const),
    ),
    joined,
    close(deadlineMs) {
      closed ??= shut(deadlineMs)
      return closed
    },
  }
}

/** Reads its files and makes what would deliver to it, for nothing. Throws as {@link runEndpoint} does. */
export function checkEndpoint(settings: EndpointConfig): void {
  const endpoint = openEndpoint(bridgeEndpointOptions(settings, endpointOptions(settings)), noTelemetry)
  void endpoint.deliverer.close()
}
