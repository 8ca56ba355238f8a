import { parseArgs } from 'node:util'

export const measureNames = ['m1', 'm2', 'm7', 'm9'] as const
export type MeasureName = (typeof measureNames)[number]

export interface BenchOptions {
  readonly measures: readonly MeasureName[]
  /** Rounds of A B B A; each gives two samples of every contender. */
  readonly rounds: number
  /** Length of one sample. */
  readonly seconds: number
  /** POSTs of one sample at most; 0: as many as fit into {@link seconds}. */
  readonly events: number
  /** Registries that post at once, a row of the table for each. */
  readonly registries: readonly number[]
  /** How long Kafka stays down in M9. */
  readonly downSeconds: number
  /** The built package. */
  readonly dist: string
  /** Other builds of it, measured beside it: what did a change do? */
  readonly against: readonly string[]
  /** Where the rivals and the load tools were built; without it there is nothing to measure with. */
  readonly rivalsDir: string | undefined
  /** Where the result is written as JSON. */
  readonly json: string | undefined
  /** Folder for CPU profiles of the gateway. */
  readonly profile: string | undefined
  /** Leaves the rival out: for a look at a change of our own. */
  readonly alone: boolean
}

export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: measureNames.join(',') },
      events: { type: 'string', default: '0' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      registries: { type: 'string', default: '1,8,64,256' },
      dist: { type: 'string', default: 'dist' },
      against: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      profile: { type: 'string' },
      alone: { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  return {
    measures: values.only.split(',').map(measureName),
    rounds: count('rounds', values.rounds ?? (quick ? '1' : '3')),
    seconds: count('seconds', values.seconds ?? (quick ? '2' : '6')),
    events: count('events', values.events, 0),
    registries: values.registries.split(',').map((text) => count('registries', text)),
    downSeconds: quick ? 6 : 60,
    dist: values.dist,
    against: values.against,
    rivalsDir: environment['RIVALS_DIR'],
    json: values.json,
    profile: values.profile,
    alone: values.alone,
  }
}

function measureName(text: string): MeasureName {
  const name = measureNames.find((known) => known === text.trim().toLowerCase())
  if (name === undefined) throw new Error(`--only takes ${measureNames.join(', ')}, not ${text}`)
  return name
}

function count(name: string, text: string, least = 1): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number, at least ${least}, not ${text}`)
}
