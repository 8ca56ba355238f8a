import type { Problem } from './problem-log.ts'
import type { PartState } from './readiness.ts'
import type { EndpointStatus } from './status.ts'

/** What the metrics alone say of an endpoint. */
export interface EndpointFigures extends Omit<EndpointStatus, 'lag' | 'lastProblem'> {
  readonly lag: number
  /** Of its consumers: it has one for each topic. */
  readonly groups: readonly string[]
  /** Attempts that failed, and none that was answered for the event itself. */
  readonly onlyFailures: boolean
}

/**
 * What is shown of an endpoint: its figures, held against what its bridges say of themselves (the parts `bridge <group>`).
 *
 * - Attempts are made, and none succeeds: the breaker counts repositories and stays closed where there are few. A bridge that
 *   is ready says so in its reason, which begins with the word endpoint.
 * - A bridge that is no member of its group does not know how much waits.
 */
export function endpointStatus(
  { groups, onlyFailures, lag, ...figures }: EndpointFigures,
  parts: Readonly<Record<string, PartState>>,
  lastProblem: Problem | undefined,
): EndpointStatus {
  const own = groups.flatMap((group) => parts[`bridge ${group}`] ?? [])
  const complains = own.some(({ ready, reason }) => ready && reason?.startsWith('endpoint ') === true)
  return {
    ...figures,
    ...(figures.state === 'closed' && (onlyFailures || complains) ? { state: 'failing' } : {}),
    ...(own.every(({ ready }) => ready) ? { lag } : {}),
    ...(lastProblem === undefined ? {} : { lastProblem }),
  }
}

/** Over all of them; undefined where that of one is not known. */
export function lagOf(endpoints: readonly EndpointStatus[]): number | undefined {
  return endpoints.reduce<number | undefined>(
    (sum, { lag }) => (sum === undefined || lag === undefined ? undefined : sum + lag),
    0,
  )
}
