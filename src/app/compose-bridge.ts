import type { Config } from '../config/config.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import { BridgeFleet } from './bridge-fleet.ts'
import { watchConnections } from './connections.ts'
import type { Parts } from './parts.ts'
import type { Reloadable } from './reloader.ts'
import { Remarks } from './remarks.ts'
import { checkEndpoint, runEndpoint } from './running-endpoint.ts'
import type { Supervisor } from './supervisor.ts'
import { rolesOf } from './topic-roles.ts'
import { watchTopics } from './watch-topics.ts'

export interface BridgeOptions {
  /** Called for each event after its endpoint took it. */
  readonly onDelivered?: (endpoint: string, delivered: Delivered) => void
  /** Called with all parts, at the start and whenever an endpoint has come or gone. */
  readonly onParts?: (parts: Parts) => void
}

export interface RunningBridges extends Reloadable {
  /** As they are at the start. */
  readonly parts: Parts
  /** Resolves when every endpoint's consumer group has been joined; with Kafka down that may take as long as it likes. */
  readonly joined: Promise<void>
}

/**
 * One bridge per endpoint and topic of events, each with a consumer group and lanes of its own: Kafka → decoder →
 * lanes → HTTP. What is routed to another topic reaches the endpoints too, in no order to what the main one holds.
 *
 * Apart from `compose.ts`, so that a gateway does not load the HTTP client before its port is open.
 */
export async function startBridge(
  config: Config,
  telemetry: Telemetry,
  supervisor: Supervisor,
  { onDelivered, onParts = () => {} }: BridgeOptions = {},
): Promise<RunningBridges> {
  const connections = watchConnections(config, telemetry, supervisor)
  const { kafka } = connections
  const remarks = new Remarks(telemetry.logger)
  remarks.log(config.bridge)
  const watched = { kafka, roles: rolesOf({ bridge: true }), part: 'topics of the bridge' }
  const topics = watchTopics(config, watched, telemetry, supervisor)
  const fleet = new BridgeFleet({
    run: (settings) => runEndpoint(settings, { config, connections, onDelivered, telemetry }),
    check: checkEndpoint,
    onParts: (parts) => onParts({ ...parts, ...topics }),
    logger: telemetry.logger,
  })
  supervisor.add('bridges', (deadlineMs) => fleet.close(deadlineMs))
  const joined = fleet.begin(config.bridge.endpoints)
  // Whoever does not wait for it looks at the readiness instead; a stop before the first join is no failure then.
  joined.catch(() => undefined)
  return {
    parts: { ...fleet.parts, ...topics },
    joined,
    prepare(next) {
      const apply = fleet.prepare(next)
      return () => {
        remarks.log(next.bridge)
        return apply()
      }
    },
  }
}
