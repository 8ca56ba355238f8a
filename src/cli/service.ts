import type { PlanReload } from '../app/reload-plan.ts'
import { type Reloadable, Reloader } from '../app/reloader.ts'
import type { ServiceSignals } from '../app/service-signals.ts'
import { Supervisor } from '../app/supervisor.ts'
import { createTelemetry, type RealTelemetry } from '../app/telemetry.ts'
import type { Config } from '../config/config.ts'
import { errorCodes, isRelayError, toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'
import { exitCode } from './failure.ts'

export interface Service {
  readonly name: string
  /** Reads the configuration, at the start and at each reload. Throws RelayError CONFIG_INVALID with a finding in each line. */
  readonly load: () => Config
  /** What of a changed configuration can be used without a restart. */
  readonly plan: PlanReload
  readonly start: (
    config: Config,
    telemetry: RealTelemetry,
    supervisor: Supervisor,
  ) => Promise<StartedService>
}

export interface StartedService extends Reloadable {
  /** Rejects when the service can go on no more: whoever keeps it running has to start it again. Never resolves. */
  readonly failed?: Promise<never>
}

/**
 * Runs what `start` starts until SIGINT or SIGTERM, then stops it in the opposite order. SIGHUP has the configuration read
 * again: during the start it is once that is over, during the stop not at all.
 *
 * @param orders of which some may have come before; released by whoever began to listen
 */
export async function runService(service: Service, orders: ServiceSignals): Promise<number> {
  const config = service.load()
  const telemetry = createTelemetry(config.logging)
  try {
    return await serve(service, config, telemetry, orders)
  } catch (error) {
    if (!telemetry.readableLog) logEnd(service.name, toError(error), telemetry.logger)
    throw error
  } finally {
    await telemetry.flushTraces()
    // What a client still says of connections that it has lost sight of is about nothing that anybody could do.
    telemetry.setLogLevel('silent')
  }
}

async function serve(
  { name, load, plan, start }: Service,
  config: Config,
  telemetry: RealTelemetry,
  orders: ServiceSignals,
): Promise<number> {
  const { logger, setLogLevel } = telemetry
  const supervisor = new Supervisor(logger)
  orders.onImpatience = (signal) => {
    logger.error({ signal }, `${name} ends at once, at a second signal: what is under way is not waited for`)
    process.exit(exitCode.failure)
  }
  try {
    const starting = start(config, telemetry, supervisor)
    // Stopped before the start is over: what has begun is stopped, and the start fails of itself.
    starting.catch(() => undefined)
    const begun = await Promise.race([starting, orders.stop])
    if (typeof begun === 'object') {
      const reloader = new Reloader({ load, config, plan, service: begun, setLogLevel, telemetry })
      orders.onHangup = () => void reloader.reload()
      try {
        await Promise.race([orders.stop, ...(begun.failed === undefined ? [] : [begun.failed])])
      } finally {
        reloader.close()
      }
    }
    orders.onHangup = () => logger.info({}, 'configuration not reloaded: the stop is under way')
    const signal = await orders.stop
    logger.info({ signal }, `${name} stops: what is under way is waited for; a second signal ends it at once`)
    const clean = await supervisor.stop()
    logger.info({ clean }, `${name} has stopped`)
    return clean ? exitCode.success : exitCode.failure
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

/** Standard error gets it in words, for a person. Whoever collects lines of JSON looks for the reason among them. */
function logEnd(name: string, error: Error, logger: Logger): void {
  const facts = isRelayError(error)
    ? { code: error.code, reason: error.message, action: errorCodes[error.code].action }
    : { err: error }
  logger.error(facts, `${name} ends: it cannot go on`)
}
