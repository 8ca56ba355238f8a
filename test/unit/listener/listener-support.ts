import type { Event } from '../../../src/event/event.ts'
import type { IncomingRequest } from '../../../src/listener/incoming-request.ts'
import type { Listener } from '../../../src/listener/listener.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { type Facts, type Logger, noTelemetry, type Telemetry } from '../../../src/telemetry.ts'

/** What a listener was told, call by call; rejects with `failure` when that is set. */
export class RecordingListener implements Listener {
  readonly calls: (readonly unknown[])[] = []
  failure: Error | undefined

  manifestPushed = this.#method('manifestPushed')
  manifestPulled = this.#method('manifestPulled')
  manifestDeleted = this.#method('manifestDeleted')
  blobPushed = this.#method('blobPushed')
  blobPulled = this.#method('blobPulled')
  blobMounted = this.#method('blobMounted')
  blobDeleted = this.#method('blobDeleted')
  tagDeleted = this.#method('tagDeleted')
  repoDeleted = this.#method('repoDeleted')
  repoRenamed = this.#method('repoRenamed')

  /** How often each method was called. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const [name] of this.calls) counts[String(name)] = (counts[String(name)] ?? 0) + 1
    return counts
  }

  #method(name: string): (...args: readonly unknown[]) => Promise<void> {
    return async (...args) => {
      this.calls.push([name, ...args])
      if (this.failure !== undefined) throw this.failure
    }
  }
}

/** Keeps what is written to it, or rejects. */
export class RecordingSink implements Sink<Event> {
  readonly writes: (readonly Event[])[] = []
  failure: Error | undefined

  async write(events: readonly Event[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.writes.push(events)
  }

  async close(): Promise<void> {}

  get events(): readonly Event[] {
    return this.writes.flat()
  }
}

export interface Observed {
  readonly telemetry: Telemetry
  readonly lines: (Facts & { readonly level: string; readonly message: string })[]
  /** Label values of every count. */
  readonly counts: { readonly name: string; readonly labels: Facts }[]
}

/** Telemetry that remembers. */
export function observed(): Observed {
  const lines: Observed['lines'] = []
  const counts: Observed['counts'] = []
  const loggerOf = (bound: Facts): Logger => {
    const at = (level: string) => (facts: Facts, message: string) => {
      lines.push({ ...bound, ...facts, level, message })
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (facts) => loggerOf({ ...bound, ...facts }),
    }
  }
  const metrics: Telemetry['metrics'] = {
    ...noTelemetry.metrics,
    counter: ({ name }) => ({
      add: (n = 1, labels = {}) => {
        for (let i = 0; i < n; i++) counts.push({ name, labels })
      },
    }),
  }
  return { telemetry: { logger: loggerOf({}), metrics }, lines, counts }
}

/** A request as `node:http` presents it: header names in lower case. */
export function requestOf(
  headers: Readonly<Record<string, string>>,
  more: Partial<IncomingRequest> = {},
): IncomingRequest {
  return {
    method: 'GET',
    url: '/v2/',
    headers,
    socket: { remoteAddress: '198.51.100.20', remotePort: 51514 },
    ...more,
  }
}
