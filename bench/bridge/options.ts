import { parseArgs } from 'node:util'
import { repositories } from './events.ts'

export const measureNames = ['m3', 'm4', 'm8', 'm9'] as const
export type MeasureName = (typeof measureNames)[number]

export interface BridgeBenchOptions {
  readonly measures: readonly MeasureName[]
  /** Rounds of A B B A; each gives two samples of every contender. In M8: kills of each contender. */
  readonly rounds: number
  /** Events of one sample. */
  readonly events: number
  /** How long the endpoint stays dead in M9, and how many events wait for it. */
  readonly deadSeconds: number
  readonly waiting: number
  /** The built package. */
  readonly dist: string
  /** Where the endpoint and the rivals were built. */
  readonly rivalsDir: string
  /** Where the result is written as JSON. */
  readonly json: string | undefined
  /** Folder for CPU profiles of our bridge. */
  readonly profile: string | undefined
  /** Leaves the rivals out, but for the bare loop: for a look at a change of our own. */
  readonly alone: boolean
}

export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): BridgeBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: measureNames.join(',') },
      rounds: { type: 'string' },
      events: { type: 'string' },
      'dead-seconds': { type: 'string' },
      waiting: { type: 'string' },
      dist: { type: 'string', default: 'dist' },
      json: { type: 'string' },
      profile: { type: 'string' },
      alone: { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  const rivalsDir = environment['RIVALS_DIR']
  if (rivalsDir === undefined) {
    throw new Error('RIVALS_DIR must name the folder with the endpoint and the rivals; see bench/README.md')
  }
  return {
    measures: values.only.split(',').map(measureName),
    rounds: count('rounds', values.rounds ?? (quick ? '1' : '3')),
    events: count('events', values.events ?? (quick ? '10000' : '20000'), repositories),
    deadSeconds: count('dead-seconds', values['dead-seconds'] ?? (quick ? '12' : '60')),
    waiting: count('waiting', values.waiting ?? (quick ? '20000' : '100000'), repositories),
    dist: values.dist,
    rivalsDir,
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
