import type { DemoAddresses, DemoOptions } from '../app/demo.ts'
import type { Travelled } from '../app/journey.ts'
import type { DemoOutcome } from '../app/sample-run.ts'

/** What the demo says while it runs. */
export interface DemoOutput {
  readonly progress: DemoOptions['onProgress']
  ready(addresses: DemoAddresses): void
  delivered(event: Travelled): void
  finished(outcome: DemoOutcome): void
  staying(addresses: DemoAddresses): void
  stopping(): void
}

/** For programs: one JSON line when ready, one per delivered event, nothing else on standard output. */
export function jsonDemo(print: (line: string) => void): DemoOutput {
  return {
    progress() {},
    ready({ gateway, brokers, schemaRegistry, topic, management }) {
      print(JSON.stringify({ ready: true, gateway, brokers, schemaRegistry, topic, management }))
    },
    delivered({ id, repository, action, topic, partition, offset, schemaId, identical, latencyMs }) {
      const event = { id, repository, action, topic, partition, offset, schemaId, identical, latencyMs }
      print(JSON.stringify({ delivered: true, ...event }))
    },
    finished() {},
    staying() {},
    stopping() {},
  }
}
