import { writeSync } from 'node:fs'
import type { Facts, Logger, Telemetry } from '../../src/telemetry.ts'
import { CountedTelemetry } from '../unit/kafka/counted-telemetry.ts'

/** What a publisher says when it gives its producer up. */
const rebuilt = 'Kafka lost track of the producer'

/** Counts as the tests do, and writes the log to a file; it may be long. */
export class RunTelemetry implements Telemetry {
  readonly logger: Logger
  readonly #counted = new CountedTelemetry()
  readonly #said = new Map<string, number>()
  #closed = false

  /** `log`: file descriptor. */
  constructor(log: number, onRebuild: () => void) {
    const writing = (bound: Facts): Logger => {
      const write = (level: string, facts: Facts, message: string): void => {
        if (this.#closed) return
        if (message.startsWith(rebuilt)) onRebuild()
        this.#said.set(message, (this.#said.get(message) ?? 0) + 1)
        const { err, ...others } = facts
        const error = err instanceof Error ? { error: err.message } : {}
        const line = { at: Math.round(performance.now()), level, message, ...bound, ...others, ...error }
        writeSync(log, `${JSON.stringify(line)}\n`)
      }
      return {
        debug() {},
        info: (facts, message) => write('info', facts, message),
        warn: (facts, message) => write('warn', facts, message),
        error: (facts, message) => write('error', facts, message),
        child: (facts) => writing({ ...bound, ...facts }),
      }
    }
    this.logger = writing({})
  }

  /** Writes nothing more: the file is about to be closed, and a client may still have something to say. */
  close(): void {
    this.#closed = true
  }

  get metrics(): Telemetry['metrics'] {
    return this.#counted.metrics
  }

  /** Of a metric of the publishers, over all its labels. */
  sum(name: string): number {
    const prefix = `registry_relay_kafka_${name}`
    return [...this.#counted.values]
      .filter(([key]) => key === prefix || key.startsWith(`${prefix} `))
      .reduce((sum, [, value]) => sum + value, 0)
  }

  /** How often a sentence that matches was logged. */
  said(sentence: RegExp): number {
    return [...this.#said]
      .filter(([message]) => sentence.test(message))
      .reduce((sum, [, times]) => sum + times, 0)
  }
}
