import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, Running, type Task } from './contender.ts'
import { deadLettersOf, type LoadedTopics } from './topics.ts'

export interface OurBridgeOptions {
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
  /** For the configuration files. */
  readonly folder: string
  /** The built package. */
  readonly dist: string
  readonly profile: string | undefined
}

const endpoint = 'bench'

/** `bridge` of the built package as it runs in production: real records, metrics, a log, every limit at its default. */
export class OurBridge implements Contender {
  readonly name = 'relay'
  readonly topicOf = ({ avro }: LoadedTopics): string => avro
  readonly groupOf = (run: string): string => `${run}.${endpoint}`
  readonly #options: OurBridgeOptions
  readonly #main: string

  constructor(options: OurBridgeOptions) {
    this.#options = options
    this.#main = join(options.dist, 'cli', 'main.js')
    if (!existsSync(this.#main)) throw new Error(`${this.#main} is missing: npm run build`)
  }

  start(task: Task): Running {
    const { folder, profile } = this.#options
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `${task.run}.yaml`)
    writeFileSync(file, this.#configuration(task))
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    return new Running(this.name, [process.execPath, ...profiling, this.#main, 'bridge', '--config', file])
  }

  #configuration({ topics, run, url, inFlight }: Task): string {
    const { brokers, schemaRegistryUrl } = this.#options
    return [
      `kafka: { brokers: ${JSON.stringify(brokers)} }`,
      `topics: { events: ${topics.avro}, deadLetters: ${deadLettersOf(topics.avro)}, replicationFactor: 1 }`,
      `schemaRegistry: { url: ${JSON.stringify(schemaRegistryUrl)} }`,
      `bridge: { group: ${run}, endpoints: [{ name: ${endpoint}, url: "${url}", concurrency: ${inFlight} }] }`,
      'management: { port: 0 }',
      'logging: { level: info, format: json }',
      '',
    ].join('\n')
  }
}
