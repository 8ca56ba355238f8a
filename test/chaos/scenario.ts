import type { Parts } from '../../src/app/parts.ts'
import type { Random } from '../../src/clock.ts'
import type { Violation } from '../crash/checker.ts'
import type { GatewayConfigOptions } from '../crash/gateway-config.ts'
import type { History } from '../crash/history.ts'
import type { TopicRecord } from '../crash/operation.ts'
import type { Mode } from '../crash/points.ts'
import type { Cluster } from './cluster.ts'

/** What the faults of a run can reach and see. */
export interface Stage {
  readonly cluster: Cluster
  readonly mode: Mode
  readonly topic: string
  readonly random: Random
  /** How long the faults are to last. */
  readonly seconds: number
  readonly history: History
  /** Records that Kafka has confirmed. */
  published(): number
  /** Of batches. */
  retries(): number
  rebuilds(): number
  /** How often the gateway logged a sentence that matches. */
  said(sentence: RegExp): number
  /** What its `/readyz` would say. */
  parts(): Parts
  /** A figure of this run, for its line and the table. */
  remark(what: string): void
  /** Counts one fault, and says what it is. */
  fault(what: string): void
  /** Something that did not happen as it should have: the run fails. */
  problem(what: string): void
}

/** A way of being hurt, after the catalogue of faults. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** Of faults, in the short form. */
  readonly seconds: number
  /** Without a retry and without an unknown outcome in these modes the faults met nobody. Default: none. */
  readonly uncertain?: readonly Mode[]
  readonly timeouts?: GatewayConfigOptions['timeouts']
  /** Over the settings of `schemaRegistry`; default: the ones of every run, which register and remember nothing outside a spool. */
  readonly schemaRegistry?: Readonly<Record<string, string | number>>
  /** The gateway was there before, and ended in good order; from then it knows ids. Its file of them is there in both modes. */
  readonly earlierLife?: boolean
  /** Acknowledged events below which the run proves nothing, at a rate of 200 per second. Default 1,000. */
  readonly acked?: number
  /** Before the gateway is started; topics are there. */
  before?(stage: Stage): Promise<void>
  faults(stage: Stage): Promise<void>
  /** All of the topic at the end. Default: as the registry says that ids are to be read. */
  read?(stage: Stage): Promise<readonly TopicRecord[]>
  /** What is left of the checker's findings where the fault itself accounts for some of them, and what it cannot see. */
  judge?(stage: Stage, found: Found): Promise<readonly Violation[]>
}

export interface Found {
  /** Of the topic at the end. */
  readonly records: readonly TopicRecord[]
  readonly violations: readonly Violation[]
}
