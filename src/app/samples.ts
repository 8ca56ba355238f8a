import { readFileSync } from 'node:fs'

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
