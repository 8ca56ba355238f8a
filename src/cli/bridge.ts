import { startBridge, startManagement } from '../app/compose.ts'
import { StartingParts } from '../app/parts.ts'
import type { Config } from '../config/config.ts'
import { RelayError } from '../errors.ts'
import { runService } from './service.ts'

/** `registry-relay bridge`: the topic bridge. */
export function bridge(configFile: string): Promise<number> {
  return runService('bridge', configFile, async (config, telemetry, supervisor) => {
    if (config.bridge.endpoints.length === 0) {
      throw new RelayError(
        'CONFIG_INVALID',
        `${configFile}: ${nobody(config)}: there is nobody to deliver to`,
      )
    }
    const parts = new StartingParts('bridge')
    const management = await startManagement(config, telemetry, supervisor, parts.all)
    const bridges = await startBridge(config, telemetry, supervisor)
    parts.begun(bridges.parts)
    const endpoints = config.bridge.endpoints.map(({ name }) => name)
    telemetry.logger.info({ endpoints, management }, 'bridge runs')
    return {}
  })
}

function nobody({ bridge: { disabledEndpoints } }: Config): string {
  return disabledEndpoints.length === 0
    ? 'neither "bridge.endpoints" nor "notifications" has an endpoint'
    : `every endpoint of "notifications" is disabled (${disabledEndpoints.join(', ')}), and "bridge.endpoints" has none`
}
