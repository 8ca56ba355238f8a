import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readEnvelope } from '../event/envelope.ts'

/** A recorded notification that ships with the package. */
export interface Sample {
  /** Which registry sent it, e.g. `distribution-3.1.1`. */
  readonly registry: string
  readonly contentType: string
  /** Exact text of the body. */
  readonly body: string
}

/** All samples, in the order each registry sent its own. */
export function loadSamples(): readonly Sample[] {
  const text = readFileSync(new URL('../../samples/notifications.jsonl', import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample)
}

/**
 * All samples, as they would be if their registries sent them now: each event has an id that was never used. Under the
 * recorded ones a gateway that has its spool from an earlier run takes them for repeats, and publishes none.
 */
export function freshSamples(): readonly Sample[] {
  return loadSamples().map((sample) => {
    const ids = readEnvelope(Buffer.from(sample.body)).events.flatMap(({ event }) => event.id ?? [])
    return { ...sample, body: ids.reduce((body, id) => body.replace(id, randomUUID()), sample.body) }
  })
}
