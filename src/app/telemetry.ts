import { systemClock, within } from '../clock.ts'
import type { LoggingConfig } from '../config/config.ts'
import { createLogger, type LogLevel } from '../observability/logger.ts'
import { PrometheusMetrics } from '../observability/metrics.ts'
import { ProblemLog } from '../observability/problem-log.ts'
import { createTracer } from '../observability/tracing.ts'
import type { Telemetry } from '../telemetry.ts'
import { packageVersion } from '../version.ts'

/** The telemetry ports made real. */
export interface RealTelemetry extends Telemetry {
  readonly metrics: PrometheusMetrics
  /** The last warnings and errors of the logger, for the status page. */
  readonly problems: ProblemLog
  /** The log is written for a person's eyes: not as JSON. */
  readonly readableLog: boolean
  /** Of the logger and all of its children, from now on. */
  setLogLevel(level: LogLevel): void
  /** What an SDK for traces still holds back is sent, as far as two seconds suffice. Never rejects. */
  flushTraces(): Promise<void>
}

/** At the end of a command: a collector that is away must not hold it up. */
const flushMs = 2_000

/** `to`: where log lines go; a command whose standard output is data logs to standard error. */
export function createTelemetry(logging: LoggingConfig, to: 'stdout' | 'stderr' = 'stdout'): RealTelemetry {
  const version = packageVersion()
  const problems = new ProblemLog(systemClock)
  const tracer = createTracer(version)
  const lines = createLogger({ level: logging.level, format: logging.format, to, version })
  return {
    logger: problems.tap(lines),
    metrics: new PrometheusMetrics({ version }),
    tracer,
    problems,
    readableLog: lines.readable,
    setLogLevel: (level) => lines.setLevel(level),
    async flushTraces() {
      if (tracer !== undefined) await within(systemClock, flushMs, tracer.flush())
    },
  }
}
