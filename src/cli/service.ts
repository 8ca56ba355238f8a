import { stopSignal } from '../app/signals.ts'
import { Supervisor } from '../app/supervisor.ts'
import { createTelemetry, type RealTelemetry } from '../app/telemetry.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { exitCode } from './failure.ts'

export type StartService = (config: Config, telemetry: RealTelemetry, supervisor: Supervisor) => Promise<void>

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
    await Promise.race([starting, stop.received])
    telemetry.logger.info({ signal: await stop.received }, `${name} stops`)
  } catch (error) {
    await supervisor.stop()
    throw error
  } finally {
    stop.release()
  }
  const clean = await supervisor.stop()
  telemetry.logger.info({ clean }, `${name} has stopped`)
  return clean ? exitCode.success : exitCode.failure
}
