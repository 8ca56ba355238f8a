import { EventDecoder } from '../avro/event-decoder.ts'
import { SchemaRegistryClient } from '../avro/schema-registry.ts'
import type { Config } from '../config/config.ts'
import { isRelayError, toError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import type { Deliverer } from '../http/deliverer.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../kafka/kafkajs/consumer.ts'
import type { ReplayBridge, ReplayBridgeOptions } from '../operations/replay.ts'
import type { Telemetry } from '../telemetry.ts'
import { TopicBridge } from '../topic-bridge/topic-bridge.ts'
import {
  type BridgeEndpointOptions,
  bridgeEndpointOptions,
  configuredEndpoint,
  openEndpoint,
} from './open-endpoint.ts'
import { kafkaOptions, schemaRegistryOptions } from './settings.ts'

export interface ReplayTarget {
  /** Name of an endpoint of the configuration, or a URL, which gets no headers of its own. */
  readonly target: string
  /** Instead of the endpoint's own limit. */
  readonly maxPerSecond?: number | undefined
}

type Wants = (event: Event) => boolean

/**
 * The bridge of a replay: the one of the service, with a consumer group of its own, and what it delivers to as configured.
 *
 * @throws RelayError CONFIG_INVALID: there is no such endpoint, or it cannot be used
 */
export function openReplay(
  config: Config,
  { target, maxPerSecond }: ReplayTarget,
  telemetry: Telemetry,
): (options: ReplayBridgeOptions) => ReplayBridge {
  const isUrl = target.includes('://')
  const given: BridgeEndpointOptions = isUrl
    ? { name: 'replay', url: target }
    : bridgeEndpointOptions(configuredEndpoint(config, target))
  return (options) => {
    const endpoint = openEndpoint(maxPerSecond === undefined ? given : { ...given, maxPerSecond }, telemetry)
    const registry = new SchemaRegistryClient({ telemetry, ...schemaRegistryOptions(config.schemaRegistry) })
    const kafka = createKafka(kafkaOptions(config.kafka), telemetry)
    const { deliverer, gone } = untilGone(endpoint.deliverer)
    const wants = both(options.wants, endpoint.wants)
    const bridge = new TopicBridge({
      group: options.group,
      endpoint: options.id,
      name: endpoint.name,
      drainMs: endpoint.drainMs,
      consumer: (groupId) => new KafkaConsumer({ kafka, groupId, topics: [options.topic], telemetry }),
      decoder: new EventDecoder({ registry, telemetry }),
      deliverer,
      deadLetters: options.deadLetters,
      gate: endpoint.gate,
      retry: endpoint.retry,
      ...(wants === undefined ? {} : { wants }),
      ...(endpoint.profile === undefined ? {} : { profile: endpoint.profile }),
      span: options.span,
      unknownSchemaMs: config.bridge.unknownSchemaMs,
      onOutcome: options.onOutcome,
      onLost: options.onLost,
      telemetry,
    })
    return {
      start: () => bridge.start(),
      readiness: () => bridge.readiness(),
      async close() {
        await bridge.close()
        registry.close()
      },
      failed: gone,
    }
  }
}

/** Somebody waits for a replay: an endpoint that wants no more events ends it. */
function untilGone(inner: Deliverer): { readonly deliverer: Deliverer; readonly gone: Promise<never> } {
  let tell: (error: Error) => void = () => {}
  const gone = new Promise<never>((_, reject) => {
    tell = reject
  })
  gone.catch(() => undefined)
  return {
    gone,
    deliverer: {
      close: (options) => inner.close(options),
      async deliver(request, signal) {
        try {
          return await inner.deliver(request, signal)
        } catch (thrown) {
          if (isRelayError(thrown, 'ENDPOINT_GONE')) tell(toError(thrown))
          throw thrown
        }
      },
    },
  }
}

function both(first: Wants | undefined, second: Wants | undefined): Wants | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return (event) => first(event) && second(event)
}
