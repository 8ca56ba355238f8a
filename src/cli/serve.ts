import { startGateway } from '../app/compose.ts'
import { startManagement } from '../app/management.ts'
import { StartingParts } from '../app/parts.ts'
import { planGatewayReload } from '../app/reload-plan.ts'
import type { ServiceSignals } from '../app/service-signals.ts'
import type { ConfigSource } from '../config/config-source.ts'
import { loadConfig } from '../config/load.ts'
import { runService, type Service } from './service.ts'

/** `registry-relay serve`: the gateway. */
export function serve(source: ConfigSource, orders: ServiceSignals): Promise<number> {
  const service: Service = {
    name: 'gateway',
    load: () => loadConfig(source),
    plan: planGatewayReload,
    async start(config, telemetry, supervisor) {
      const parts = new StartingParts('gateway')
      // First, so that it is stopped last: whoever asks during the stop hears that the gateway is stopping.
      const management = await startManagement(config, telemetry, supervisor, parts.all)
      const gateway = await startGateway(config, telemetry, supervisor)
      parts.begun(gateway.parts)
      telemetry.logger.info({ notifications: gateway.url, management, pid: process.pid }, 'gateway listens')
      return gateway
    },
  }
  return runService(service, orders)
}
