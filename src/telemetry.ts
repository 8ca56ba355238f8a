/**
 * What rooms say about themselves, through ports as narrow as they use them. `observability/` makes them real
 * (pino, Prometheus); a library user may pass none.
 */
export type Facts = Readonly<Record<string, unknown>>

/** Facts first, sentence second. An Error goes into `facts.err`. Never a secret, never a body. */
export interface Logger {
  debug(facts: Facts, message: string): void
  info(facts: Facts, message: string): void
  warn(facts: Facts, message: string): void
  error(facts: Facts, message: string): void
  child(facts: Facts): Logger
}

export type Labels = Readonly<Record<string, string>>

export interface Counter {
  /** Adds `n` (default 1). */
  add(n?: number, labels?: Labels): void
}

export interface Gauge {
  set(value: number, labels?: Labels): void
}

export interface Histogram {
  observe(value: number, labels?: Labels): void
}

export interface MetricSpec {
  /** Prometheus name: unit and `_total` as its conventions ask. */
  readonly name: string
  readonly help: string
  /** Names of labels; their values must be few (never a repository or an event id). */
  readonly labels?: readonly string[]
}

/** Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(spec: MetricSpec): Counter
  gauge(spec: MetricSpec): Gauge
  histogram(spec: MetricSpec & { readonly buckets: readonly number[] }): Histogram
}

export interface Telemetry {
  readonly logger: Logger
  readonly metrics: Metrics
}

const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
}

/** Says nothing and counts nothing: the default of every option named `telemetry`. */
export const noTelemetry: Telemetry = {
  logger: silent,
  metrics: {
    counter: () => ({ add() {} }),
    gauge: () => ({ set() {} }),
    histogram: () => ({ observe() {} }),
  },
}
