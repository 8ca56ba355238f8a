import { startGateway, startManagement } from '../app/compose.ts'
import { runService } from './service.ts'

/** `registry-relay serve`: the gateway. */
export function serve(configFile: string): Promise<number> {
  return runService('gateway', configFile, async (config, telemetry, supervisor) => {
    const gateway = await startGateway(config, telemetry, supervisor)
    const management = await startManagement(config, telemetry, supervisor, gateway.parts)
    telemetry.logger.info({ notifications: gateway.url, management }, 'gateway listens')
    return { failed: gateway.failed }
  })
}
