import { readEnvelope } from '../event/envelope.ts'
import type { Arrivals } from './arrivals.ts'
import type { Travelled } from './journey.ts'
import { postNotification } from './poster.ts'
import type { Sample } from './samples.ts'

/** How the samples came out. */
export interface DemoOutcome {
  readonly posted: number
  readonly identical: number
  /** Every repository's events arrived in the order in which its registry posted them. */
  readonly inOrder: boolean
  /** What was posted, or ought to have arrived, and did not. */
  readonly problems: readonly string[]
}

/** Posts the samples to the gateway and waits until all have arrived, or `patienceMs` are over. */
export async function postSamples(
  url: string,
  samples: readonly Sample[],
  arrivals: Arrivals,
  patienceMs: number,
): Promise<DemoOutcome> {
  const problems: string[] = []
  const before = arrivals.all.length
  const posted: { readonly id: string; readonly repository: string }[] = []
  // As registries do: each posts its next event when the last one has its answer; different registries at the same time.
  const registries = groupBy(samples, ({ registry }) => registry)
  await Promise.all(
    [...registries].map(async ([registry, own]) => {
      for (const sample of own) {
        const status = await postUntilAnswered(url, sample)
        if (status !== 200) problems.push(`${registry}: the gateway answered ${status}`)
        for (const { event } of readEnvelope(Buffer.from(sample.body)).events) {
          posted.push({ id: event.id ?? '', repository: event.target?.repository ?? '' })
        }
      }
    }),
  )
  await arrivals.until(before + posted.length, patienceMs)

  const arrived = arrivals.all.slice(before)
  const missing = posted.filter(({ id }) => !arrived.some((event) => event.id === id))
  problems.push(...missing.map(({ id, repository }) => `event ${id} of ${repository} did not arrive`))
  return {
    posted: posted.length,
    identical: arrived.filter((event) => event.identical).length,
    inOrder: inOrder(posted, arrived),
    problems,
  }
}

/** A registry posts an event again until it has a 2xx; here for as long as a start takes that is still under way. */
async function postUntilAnswered(url: string, sample: Sample): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const status = await postNotification(url, sample).catch(() => 0)
    if ((status >= 200 && status < 300) || attempt === 30) return status
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function inOrder(
  posted: readonly { id: string; repository: string }[],
  arrived: readonly Travelled[],
): boolean {
  const sequence = (list: readonly { id: string; repository: string }[]): string =>
    JSON.stringify(
      [...groupBy(list, ({ repository }) => repository)]
        .map(([name, own]) => [name, own.map(({ id }) => id)])
        .toSorted(),
    )
  const known = new Set(posted.map(({ id }) => id))
  return sequence(posted) === sequence(arrived.filter(({ id }) => known.has(id)))
}

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
