import { stopSignal } from '../app/signals.ts'
import { Supervisor } from '../app/supervisor.ts'
import { createTelemetry, type RealTelemetry } from '../app/telemetry.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { exitCode } from './failure.ts'

export type StartService = (
  config: Config,
  telemetry: RealTelemetry,
  supervisor: Supervisor,
) => Promise<StartedService>

export interface StartedService {
  /** Rejects when the service can go on no more: whoever keeps it running has to start it again. Never resolves. */
  readonly failed?: Promise<never>
}

/** Runs what `start` starts until SIGINT, SIGTERM or SIGHUP, then stops it in the opposite order. */
export async function runService(name: string, configFile: string, start: StartService): Promise<number> {
  const config = loadConfig(configFile)
  const telemetry = createTelemetry(config.logging)
  const supervisor = new Supervisor(telemetry.logger)
  const stop = stopSignal(() => process.exit(exitCode.failure))
  try {
    const starting = start(config, telemetry, supervisor)
    // Stopped before the start is over: what has begun is stopped, and the start fails of itself.
    starting.catch(() => undefined)
    const begun = await Promise.race([starting, stop.received])
    if (typeof begun === 'object' && begun.failed !== undefined) {
      await Promise.race([stop.received, begun.failed])
    }
    telemetry.logger.info({ signal: await stop.received }, `${name} stops`)
    const clean = await supervisor.stop()
    telemetry.logger.info({ clean }, `${name} has stopped`)
    return clean ? exitCode.success : exitCode.failure
  } catch (error) {
    await supervisor.stop()
    throw error
  } finally {
    // Not before the stop is over: whoever is impatient with it signals again.
    stop.release()
  }
}
