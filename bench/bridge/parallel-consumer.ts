import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readEnvironment } from '../../src/local-stack/environment.ts'
import { chooseJava, findJavas } from '../../src/local-stack/java-discovery.ts'
import { java as javaProgram } from '../../src/local-stack/java-kafka.ts'
import { type Contender, Running, type Task } from './contender.ts'
import type { LoadedTopics } from './topics.ts'

/** Confluent's parallel-consumer with Vert.x, in the order of keys: the rival. Reads the Envelopes raw. */
export class ParallelConsumer implements Contender {
  readonly name = 'parallel-consumer'
  readonly topicOf = ({ raw }: LoadedTopics): string => raw
  readonly groupOf = (run: string): string => run
  readonly #command: readonly string[]
  readonly #brokers: readonly string[]

  private constructor(command: readonly string[], brokers: readonly string[]) {
    this.#command = command
    this.#brokers = brokers
  }

  static async find(rivalsDir: string, brokers: readonly string[]): Promise<ParallelConsumer> {
    const folder = join(rivalsDir, 'parallel-consumer')
    if (!existsSync(folder))
      throw new Error(`${folder} is missing: RIVALS_DIR names the folder it was built into`)
    const java = chooseJava(await findJavas(readEnvironment()), 17)
    if (java === undefined) throw new Error('parallel-consumer needs Java 17 or later; --alone leaves it out')
    const jars = `${join(folder, 'classes')}:${join(folder, 'libs')}/*`
    return new ParallelConsumer([javaProgram(java.home), '-cp', jars, 'PcHttp'], brokers)
  }

  start({ topics, run, url, inFlight }: Task): Running {
    return new Running(this.name, this.#command, {
      BOOTSTRAP: this.#brokers.join(','),
      TOPIC: topics.raw,
      GROUP: run,
      URL: url,
      CONC: String(inFlight),
    })
  }
}
