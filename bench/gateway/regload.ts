import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Bodies } from './bodies.ts'
import type { Contender } from './contender.ts'

export interface LoadOptions {
  readonly registries: number
  readonly seconds: number
  /** POSTs at most; 0: no limit. */
  readonly events: number
  /** Where the ids of the events that were answered 2xx are written to. */
  readonly ackedIds?: string
}

export interface LoadResult {
  /** POSTs answered 2xx. */
  readonly ok: number
  readonly refused: number
  readonly netErrors: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** POSTs by status. */
  readonly codes: Readonly<Record<string, number>>
}

/** The load tool of the rivals' folder: registries that post one event after the other, each on a connection of its own. */
export class Regload {
  readonly #program: string
  readonly #bodies: Bodies

  constructor(rivalsDir: string, bodies: Bodies) {
    this.#program = join(rivalsDir, 'regload')
    this.#bodies = bodies
  }

  async run(contender: Contender, options: LoadOptions): Promise<LoadResult> {
    const { files, contentType } = this.#bodies
    const { stdout } = await promisify(execFile)(this.#program, [
      ...['-url', contender.url],
      ...['-registries', String(options.registries)],
      ...['-events', String(options.events)],
      ...['-duration', `${options.seconds}s`],
      ...['-body-file', files.join(',')],
      // The tool knows no other header; it writes this one as it is, so more lines can ride on it.
      ...['-content-type', [contentType, ...contender.headers].join('\r\n')],
      `-gzip=${contender.gzip}`,
      ...(options.ackedIds === undefined ? [] : ['-acked-ids', options.ackedIds]),
    ])
    const result = JSON.parse(stdout) as Record<string, number> & { codes: Record<string, number> }
    return {
      ok: Number(result['ok']),
      refused: Number(result['bad']),
      netErrors: Number(result['neterr']),
      perSecond: Number(result['rps']),
      p50Ms: Number(result['p50_ms']),
      p99Ms: Number(result['p99_ms']),
      maxMs: Number(result['max_ms']),
      codes: result.codes,
    }
  }
}
