import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Contender, Running, type Task } from './contender.ts'
import type { LoadedTopics } from './topics.ts'

const settings = fileURLToPath(new URL('../rivals/benthos-kafka-to-http.yaml', import.meta.url))

/** Benthos with as many requests in flight, which keeps no order then. Reads the Envelopes raw. */
export class Benthos implements Contender {
  readonly name = 'benthos, unordered'
  readonly topicOf = ({ raw }: LoadedTopics): string => raw
  readonly groupOf = (run: string): string => run
  readonly #program: string
  readonly #brokers: readonly string[]

  constructor(rivalsDir: string, brokers: readonly string[]) {
    this.#program = join(rivalsDir, 'benthos')
    this.#brokers = brokers
    if (!existsSync(this.#program))
      throw new Error(`${this.#program} is missing: RIVALS_DIR names the folder it was built into`)
  }

  start({ topics, run, url, inFlight }: Task): Running {
    return new Running(this.name, [this.#program, '-c', settings], {
      BOOTSTRAP: this.#brokers.join(','),
      TOPIC: topics.raw,
      GROUP: run,
      URL: url,
      CONC: String(inFlight),
    })
  }
}
