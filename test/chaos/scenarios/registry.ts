import { until } from '../../support/until.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { lasting } from './pace.ts'
import { told } from './told.ts'

const notReached = /are in use: the schema registry was not reached/

/** While the registry gives no answer: events are taken and published as if nothing were, and an operator is told. */
async function withoutRegistry(stage: Stage, seconds: number): Promise<void> {
  const [acked, published] = [stage.history.acked, stage.published()]
  await lasting(seconds)
  await told(stage, notReached)
  const notReady = Object.entries(stage.parts()).filter(([, ask]) => !ask().ready)
  if (notReady.length > 0)
    stage.problem(`not ready without the registry: ${notReady.map(([part]) => part).join(', ')}`)
  const more = { acked: stage.history.acked - acked, published: stage.published() - published }
  stage.remark(`${more.acked} acked and ${more.published} published in ${seconds} s without the registry`)
  for (const [what, count] of Object.entries(more)) {
    if (count < 50 * seconds) stage.problem(`only ${count} events were ${what} in ${seconds} s`)
  }
}

/** It answers again, and the gateway has seen that; each was said once. */
async function backAgain(stage: Stage, outages: number): Promise<void> {
  const reason = (): string => stage.parts()['schema registry']?.().reason ?? ''
  await until(() => reason() === '', {
    ms: 30_000,
    what: () => `the registry answers, and /readyz says ${reason()}`,
  })
  for (const sentence of [/schema registry gave no usable answer/, /schema registry answers again/]) {
    const said = stage.said(sentence)
    if (said !== outages) stage.problem(`${sentence} was logged ${said} times in ${outages} outages`)
  }
}

const s1: Scenario = {
  name: 'S1',
  title: 'the schema registry is down when the gateway starts, with the file of ids of an earlier life',
  seconds: 10,
  earlierLife: true,
  async before({ cluster, fault }) {
    fault('registry killed before the start')
    await cluster.registry.kill()
  },
  async faults(stage) {
    const began = performance.now()
    await until(() => stage.published() > 0, { what: () => 'nothing is published without the registry' })
    stage.remark(`first record ${Math.round(performance.now() - began)} ms after the start`)
    await withoutRegistry(stage, stage.seconds)
    await stage.cluster.registry.start()
    await backAgain(stage, 1)
  },
}

const s2: Scenario = {
  name: 'S2',
  title: 'the schema registry is killed under load, and back later',
  seconds: 20,
  async faults(stage) {
    stage.fault('registry killed')
    await stage.cluster.registry.kill()
    await withoutRegistry(stage, stage.seconds)
    await stage.cluster.registry.start()
    await backAgain(stage, 1)
  },
}

const s3: Scenario = {
  name: 'S3',
  title: 'the schema registry stands still (SIGSTOP) under load',
  seconds: 20,
  // Short, so that the gateway asks while it hangs, again and again.
  schemaRegistry: { revalidateMs: 1_000, timeoutMs: 1_000 },
  async faults(stage) {
    stage.fault('registry paused')
    stage.cluster.registry.pause()
    try {
      await withoutRegistry(stage, stage.seconds)
    } finally {
      stage.cluster.registry.resume()
    }
    await backAgain(stage, 1)
  },
}

export const registry: readonly Scenario[] = [s1, s2, s3]
