import type { Facts, Labels, Logger, Metrics, Telemetry } from '../../../src/telemetry.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly facts: Facts
  readonly message: string
}

/** Keeps every log line and the last value of every metric, by its name and the values of its labels but `topic`. */
export class CountedTelemetry implements Telemetry {
  readonly lines: LogLine[] = []
  readonly values: Map<string, number> = new Map()

  readonly logger: Logger = {
    debug: (facts, message) => this.lines.push({ level: 'debug', facts, message }),
    info: (facts, message) => this.lines.push({ level: 'info', facts, message }),
    warn: (facts, message) => this.lines.push({ level: 'warn', facts, message }),
    error: (facts, message) => this.lines.push({ level: 'error', facts, message }),
    child: () => this.logger,
  }

  readonly metrics: Metrics = {
    counter: ({ name }) => ({ add: (n = 1, labels) => this.#put(name, labels, (old) => old + n) }),
    gauge: ({ name }) => ({
      set: (value, labels) => this.#put(name, labels, () => value),
      remove: (labels) => this.values.delete(keyOf(name, labels)),
    }),
    histogram: ({ name }) => ({ observe: (_value, labels) => this.#put(name, labels, (old) => old + 1) }),
  }

  value(name: string): number {
    return this.values.get(`registry_relay_kafka_${name}`) ?? 0
  }

  logged(level: LogLine['level'], message: RegExp): readonly LogLine[] {
    return this.lines.filter((line) => line.level === level && message.test(line.message))
  }

  #put(name: string, labels: Labels = {}, change: (old: number) => number): void {
    const key = keyOf(name, labels)
    this.values.set(key, change(this.values.get(key) ?? 0))
  }
}

function keyOf(name: string, labels: Labels): string {
  const { topic: _topic, ...others } = labels
  return [name, ...Object.values(others)].join(' ')
}
