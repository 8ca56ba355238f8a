import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { historyLines } from './history.ts'
import type { Operation, TopicRecord } from './operation.ts'

export interface Evidence {
  readonly operations: readonly Operation[]
  readonly records: readonly TopicRecord[]
  readonly report: unknown
}

/** A temporary folder with all that a run leaves behind: configuration, logs and spool, and what is kept of a failure. */
export class RunFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'crash-run-'))
  readonly spool: string = join(this.path, 'spool')
  readonly configFile: string = join(this.path, 'gateway.yaml')
  /** File descriptor for the logs of all processes of the run. */
  readonly log: number = openSync(join(this.path, 'gateway.log'), 'a')

  configure(text: string): void {
    writeFileSync(this.configFile, text)
  }

  /** Leaves the folder where it is, with history and topic beside logs and spool. */
  keep({ operations, records, report }: Evidence): void {
    this.#writeLines('history.jsonl', historyLines(operations))
    this.#writeLines(
      'topic.jsonl',
      records.map((record) => JSON.stringify(record)),
    )
    writeFileSync(join(this.path, 'report.json'), JSON.stringify(report, null, 2))
    closeSync(this.log)
  }

  remove(): void {
    closeSync(this.log)
    rmSync(this.path, { recursive: true, force: true })
  }

  #writeLines(name: string, lines: readonly string[]): void {
    writeFileSync(join(this.path, name), lines.map((line) => `${line}\n`).join(''))
  }
}
