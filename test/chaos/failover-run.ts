import { until } from '../support/until.ts'
import type { Cluster } from './cluster.ts'
import { type DirectStage, directRun } from './direct-run.ts'
import type { ChaosReport } from './report.ts'
import { pick } from './scenarios/pace.ts'

export interface FailoverRunOptions {
  readonly cluster: Cluster
  readonly seed: number
  readonly events: number
  readonly onProgress?: (line: string) => void
}

/** As many events as it takes, with a kill -9 of a leader when half of them are acknowledged. */
export function failoverRun({ cluster, seed, events, onProgress }: FailoverRunOptions): Promise<ChaosReport> {
  return directRun({
    ...{ cluster, seed, events, scenario: 'failover' },
    faults: (stage) => killAtHalf(stage, events),
    ...(onProgress === undefined ? {} : { onProgress }),
  })
}

async function killAtHalf(stage: DirectStage, events: number): Promise<void> {
  const { cluster, topic, history, random } = stage
  await until(() => history.acked >= events / 2, {
    ms: 300_000,
    what: () => `${history.acked} of ${events} events acknowledged before any fault`,
  })
  const { leader } = pick(await cluster.partitions(topic), random)
  stage.fault(`kill -9 of broker ${leader} after ${history.acked} events`)
  await cluster.node(leader).kill()
}
