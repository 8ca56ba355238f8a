import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../src/local-stack/free-ports.ts'
import { WatchedProcess } from '../../src/local-stack/watched-process.ts'
import type { Contender, Running } from './contender.ts'

export interface BenthosOptions {
  readonly rivalsDir: string
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly topic: string
}

const settings = fileURLToPath(new URL('../rivals/benthos-http-to-kafka.yaml', import.meta.url))
const schema = new URL('../../schemas/registry-event.v1.avsc', import.meta.url)

/** One Benthos, which is two contenders: posted to as registries do, and without asking for gzip. */
export class Benthos implements Running {
  readonly #process: WatchedProcess
  readonly #url: string
  readonly #topic: string

  private constructor(process: WatchedProcess, url: string, topic: string) {
    this.#process = process
    this.#url = url
    this.#topic = topic
  }

  static async start(options: BenthosOptions): Promise<Benthos> {
    const { rivalsDir, brokers, schemaRegistryUrl, topic } = options
    const program = join(rivalsDir, 'benthos')
    if (!existsSync(program))
      throw new Error(`${program} is missing: RIVALS_DIR names the folder it was built into`)
    await register(schemaRegistryUrl, `${topic}-value`)
    const [port] = await freePorts(1)
    const benthos = new WatchedProcess({
      command: [program, '-c', settings],
      variables: {
        ...process.env,
        PORT: String(port),
        BOOTSTRAP: brokers.join(','),
        TOPIC: topic,
        SCHEMA_REGISTRY: schemaRegistryUrl,
      },
    })
    const url = `http://127.0.0.1:${port}/notifications`
    while (!(await answers(url))) {
      if (!benthos.running) throw new Error(`benthos ended:\n${benthos.log.excerpt()}`)
      await new Promise((again) => setTimeout(again, 50))
    }
    return new Benthos(benthos, url, topic)
  }

  contender(gzip: boolean): Contender {
    const name = gzip ? 'benthos' : 'benthos, no gzip asked for'
    const common = { pid: this.#process.pid ?? 0, url: this.#url, topic: this.#topic, headers: [] }
    return { ...common, name, gzip, settled: () => Promise.resolve() }
  }

  async stop(): Promise<void> {
    this.#process.signal('SIGKILL')
    await this.#process.ended
    this.#process.release()
  }
}

async function register(schemaRegistryUrl: string, subject: string): Promise<void> {
  const response = await fetch(`${schemaRegistryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: readFileSync(schema, 'utf8') }),
  })
  if (!response.ok) throw new Error(`registering ${subject}: ${response.status} ${await response.text()}`)
}

/** Any answer will do: a GET is refused, but by a server that listens. */
async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}
