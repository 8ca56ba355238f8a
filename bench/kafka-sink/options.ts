import { parseArgs } from 'node:util'

export interface SinkBenchOptions {
  /** Rounds of A B B A; each gives two samples of every contender. */
  readonly rounds: number
  /** Length of one sample. */
  readonly seconds: number
  /** Events of one sample at most; 0: as many as fit into {@link seconds}. */
  readonly events: number
  /** Writes in flight, a table for each. */
  readonly writers: readonly number[]
  /** Events that are written in one go to see whether memory stays flat; 0: not measured. */
  readonly memory: number
  /** With Java's own tool beside the others. */
  readonly java: boolean
  /** Names of contenders; all unless given. */
  readonly only: readonly string[]
  /** The built package. */
  readonly dist: string
  /** Where the result is written as JSON. */
  readonly json: string | undefined
  /** Folder for CPU profiles of the contenders. */
  readonly profile: string | undefined
}

export function readOptions(args: readonly string[]): SinkBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      events: { type: 'string', default: '0' },
      writers: { type: 'string', default: '1,100,1000,10000' },
      memory: { type: 'string', default: '0' },
      'without-java': { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      dist: { type: 'string', default: 'dist' },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  return {
    rounds: count('rounds', values.rounds ?? (values.quick ? '1' : '3')),
    seconds: count('seconds', values.seconds ?? (values.quick ? '1' : '3')),
    events: count('events', values.events, 0),
    writers: values.writers
      .split(',')
      .filter((text) => text !== '')
      .map((text) => count('writers', text)),
    memory: count('memory', values.memory, 0),
    java: !values['without-java'],
    only: values.only.split(',').filter((name) => name !== ''),
    dist: values.dist,
    json: values.json,
    profile: values.profile,
  }
}

function count(name: string, text: string, least = 1): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number, at least ${least}, not ${text}`)
}
