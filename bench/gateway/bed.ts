import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { Benthos } from './benthos.ts'
import { type Bodies, recordedMix } from './bodies.ts'
import type { Contender, Running } from './contender.ts'
import { FarEnd, type FarEndReport } from './far-end.ts'
import type { BenchOptions } from './options.ts'
import { OurGateway } from './our-gateway.ts'
import { childRunning } from './process-usage.ts'
import { Regload } from './regload.ts'

/** The servers, the load tool, and every contender with a topic of its own. */
export class Bed {
  readonly stack: LocalStack
  readonly farEnd: FarEnd
  readonly load: Regload
  /** Undefined where the broker is no child of this process. */
  readonly brokerPid: number | undefined
  readonly #options: BenchOptions
  readonly #folder: string
  readonly #rivalsDir: string
  readonly #running: Running[] = []
  readonly #acked = new Map<string, string[]>()
  #samples = 0

  private constructor(
    stack: LocalStack,
    options: BenchOptions,
    rivalsDir: string,
    folder: string,
    bodies: Bodies,
  ) {
    this.stack = stack
    this.#options = options
    this.#folder = folder
    this.#rivalsDir = rivalsDir
    this.farEnd = new FarEnd(stack.brokers, rivalsDir)
    this.load = new Regload(rivalsDir, bodies)
    this.brokerPid = childRunning('kafka.Kafka')
  }

  static async start(options: BenchOptions): Promise<Bed> {
    const { rivalsDir } = options
    if (rivalsDir === undefined) {
      throw new Error(
        'RIVALS_DIR must name the folder with the load tools and the rivals; see bench/README.md',
      )
    }
    const folder = mkdtempSync(join(tmpdir(), 'registry-relay-bench-'))
    const bodies = recordedMix(folder)
    // The settings that the stack starts with are for a quick start; here the broker runs as Java would run it.
    const stack = await startLocalStack({ jvmOptions: ['-Xms1g', '-Xmx1g'] })
    return new Bed(stack, options, rivalsDir, folder, bodies)
  }

  async ourGateway(ackMode: 'kafka' | 'spool', dist: string = this.#options.dist): Promise<OurGateway> {
    const name = dist === this.#options.dist ? `relay ${ackMode}` : dist.split('/').slice(-2).join('/')
    const topic = `bench-${name.replace(/[^a-z0-9]/g, '-')}`
    await this.farEnd.createTopic(topic)
    await this.farEnd.createTopic(`${topic}.rejected`)
    const folder = join(this.#folder, topic)
    const { profile } = this.#options
    const gateway = await OurGateway.start({
      ...this.#servers(),
      ...{ name, ackMode, topic, folder, dist, profile, temporaryDir: this.#folder },
    })
    this.#running.push(gateway)
    return gateway
  }

  async benthos(): Promise<Benthos> {
    const topic = 'bench-benthos'
    await this.farEnd.createTopic(topic)
    const benthos = await Benthos.start({ ...this.#servers(), rivalsDir: this.#rivalsDir, topic })
    this.#running.push(benthos)
    return benthos
  }

  /** A new file for the ids that the next sample of this contender acknowledges. */
  idsFile(contender: Contender): string {
    const file = join(this.#folder, `acked-${++this.#samples}`)
    const files = this.#acked.get(contender.topic) ?? []
    this.#acked.set(contender.topic, files)
    files.push(file)
    return file
  }

  /** By topic: whether all that was acknowledged in all samples is there. */
  async check(): Promise<ReadonlyMap<string, FarEndReport>> {
    const reports = new Map<string, FarEndReport>()
    for (const [topic, files] of this.#acked) {
      const ids = files.flatMap((file) => readFileSync(file, 'utf8').split('\n')).filter((id) => id !== '')
      reports.set(topic, await this.farEnd.check(topic, ids, join(this.#folder, `ids-${topic}`)))
    }
    return reports
  }

  async stop(): Promise<void> {
    for (const one of this.#running.toReversed()) await one.stop()
    await this.farEnd.close()
    await this.stack.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #servers(): { brokers: readonly string[]; schemaRegistryUrl: string } {
    return { brokers: this.stack.brokers, schemaRegistryUrl: this.stack.schemaRegistryUrl }
  }
}
