import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/clock.ts'
import { readEnvironment } from '../../src/local-stack/environment.ts'
import { cached } from '../../src/local-stack/jar-cache.ts'
import { chooseJava, findJavas } from '../../src/local-stack/java-discovery.ts'
import { classPath, java as javaProgram } from '../../src/local-stack/java-kafka.ts'
import { runMaven } from '../../src/local-stack/maven.ts'
import { cpuSeconds, peakMegabytes } from '../gateway/process-usage.ts'
import type { Sample } from './contender.ts'

const mainClass = 'org.apache.kafka.tools.ProducerPerformance'
const watchMs = 20

/** What Kafka's own Java client does, driven by the tool that comes with it: the yardstick, not a rival. */
export class JavaProducer {
  readonly #program: string
  readonly #jars: string

  private constructor(program: string, jars: string) {
    this.#program = program
    this.#jars = jars
  }

  /** Undefined where there is no Java. The tools are fetched once, into the folder of the local stack's servers. */
  static async find(): Promise<JavaProducer | undefined> {
    const environment = readEnvironment()
    const java = chooseJava(await findJavas(environment), 17)
    if (java === undefined) return undefined
    const pom = fileURLToPath(new URL('./kafka-tools/pom.xml', import.meta.url))
    const key = `kafka-tools-${createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 8)}`
    const { cacheDir, variables } = environment
    const jars = await cached(cacheDir, key, systemClock, (output) =>
      runMaven({ pom, output, javaHome: java.home, variables, clock: systemClock, onFetched: () => {} }),
    )
    return new JavaProducer(javaProgram(java.home), classPath(jars))
  }

  /** Writes `events` records of `bytes` bytes as fast as it can; its start is in the CPU time and not in the rate. */
  async run(brokers: readonly string[], topic: string, events: number, bytes: number): Promise<Sample> {
    const child = spawn(
      this.#program,
      [
        ...['-Xmx1g', '-cp', this.#jars, mainClass, '--topic', topic, '--num-records', String(events)],
        ...['--record-size', String(bytes), '--throughput', '-1', '--producer-props'],
        ...[`bootstrap.servers=${brokers.join(',')}`, 'acks=all', 'enable.idempotence=true'],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let output = ''
    let errors = ''
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
    })
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString()
    })
    const { pid = 0 } = child
    const usage = { cpu: 0, peakMb: 0 }
    const watching = setInterval(() => {
      try {
        usage.cpu = cpuSeconds(pid)
        usage.peakMb = Math.max(usage.peakMb, peakMegabytes(pid) || 0)
      } catch {
        // It ended between two looks.
      }
    }, watchMs)
    const code = await new Promise((resolve) => child.once('close', resolve))
    clearInterval(watching)
    const summary = /(\d+) records sent, ([\d.]+) records\/sec.*?(\d+) ms 50th.*?(\d+) ms 99th/.exec(output)
    if (code !== 0 || summary === null) throw new Error(`${mainClass} ended with ${code}: ${output}${errors}`)
    const [, sent, perSecond, p50, p99] = summary.map(Number)
    return {
      events: sent ?? 0,
      perSecond: perSecond ?? Number.NaN,
      p50Ms: p50 ?? Number.NaN,
      p99Ms: p99 ?? Number.NaN,
      cpuPer1k: (usage.cpu / events) * 1_000,
      peakMb: usage.peakMb,
    }
  }
}
