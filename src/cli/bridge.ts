import { startBridge } from '../app/compose-bridge.ts'
import { startManagement } from '../app/management.ts'
import { StartingParts } from '../app/parts.ts'
import { planBridgeReload } from '../app/reload-plan.ts'
import type { ServiceSignals } from '../app/service-signals.ts'
import type { Config } from '../config/config.ts'
import type { ConfigSource } from '../config/config-source.ts'
import { loadConfig } from '../config/load.ts'
import { RelayError } from '../errors.ts'
import { runService, type Service } from './service.ts'

/** `registry-relay bridge`: the topic bridge. */
export function bridge(source: ConfigSource, orders: ServiceSignals): Promise<number> {
  const service: Service = {
    name: 'bridge',
    load: () => withSomebody(loadConfig(source)),
    plan: planBridgeReload,
    async start(config, telemetry, supervisor) {
      const parts = new StartingParts('bridge')
      const management = await startManagement(config, telemetry, supervisor, parts.all)
      const bridges = await startBridge(config, telemetry, supervisor, {
        onParts: (now) => parts.begun(now),
      })
      const endpoints = config.bridge.endpoints.map(({ name }) => name)
      telemetry.logger.info({ endpoints, management, pid: process.pid }, 'bridge runs')
      return bridges
    },
  }
  return runService(service, orders)
}

/** @throws RelayError CONFIG_INVALID when there is no endpoint */
function withSomebody(config: Config): Config {
  if (config.bridge.endpoints.length > 0) return config
  throw new RelayError('CONFIG_INVALID', `${nobody(config)}: there is nobody to deliver to`)
}

function nobody({ bridge: { disabledEndpoints } }: Config): string {
  return disabledEndpoints.length === 0
    ? 'neither "bridge.endpoints" nor "notifications" has an endpoint'
    : `every endpoint of "notifications" is disabled (${disabledEndpoints.join(', ')}), and "bridge.endpoints" has none`
}
