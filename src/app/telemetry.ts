import type { LoggingConfig } from '../config/config.ts'
import { createLogger } from '../observability/logger.ts'
import { PrometheusMetrics } from '../observability/metrics.ts'
import type { Telemetry } from '../telemetry.ts'
import { packageVersion } from '../version.ts'

/** The telemetry ports made real. */
export interface RealTelemetry extends Telemetry {
  readonly metrics: PrometheusMetrics
}

/** `to`: where log lines go; a command whose standard output is data logs to standard error. */
export function createTelemetry(logging: LoggingConfig, to: 'stdout' | 'stderr' = 'stdout'): RealTelemetry {
  const version = packageVersion()
  return {
    logger: createLogger({ level: logging.level, format: logging.format, to, version }),
    metrics: new PrometheusMetrics({ version }),
  }
}
