import { startGateway, startManagement } from '../app/compose.ts'
import { StartingParts } from '../app/parts.ts'
import { runService } from './service.ts'

/** `registry-relay serve`: the gateway. */
export function serve(configFile: string): Promise<number> {
  return runService('gateway', configFile, async (config, telemetry, supervisor) => {
    const parts = new StartingParts('gateway')
    // First, so that it is stopped last: whoever asks during the stop hears that the gateway is stopping.
    const management = await startManagement(config, telemetry, supervisor, parts.all)
    const gateway = await startGateway(config, telemetry, supervisor)
    parts.begun(gateway.parts)
    telemetry.logger.info({ notifications: gateway.url, management }, 'gateway listens')
    return { failed: gateway.failed }
  })
}
