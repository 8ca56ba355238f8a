import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { WatchedProcess } from '../../src/local-stack/watched-process.ts'
import type { Contender, Running } from './contender.ts'

export interface OurGatewayOptions {
  readonly name: string
  readonly ackMode: 'kafka' | 'spool'
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly topic: string
  /** For the configuration file and the spool. */
  readonly folder: string
  /** Removed when this process dies before it can do so itself. */
  readonly temporaryDir: string
  /** The built package. */
  readonly dist: string
  readonly profile?: string | undefined
}

const token = 'of-the-benchmark'

/** `serve` of the built package in a process of its own, as it runs in production: all limits, authorization, metrics. */
export class OurGateway implements Contender, Running {
  readonly name: string
  readonly pid: number
  readonly url: string
  readonly topic: string
  readonly headers: readonly string[] = [`Authorization: Bearer ${token}`]
  readonly gzip = true
  readonly #process: WatchedProcess
  readonly #management: string

  private constructor(name: string, topic: string, process: WatchedProcess, started: Started) {
    this.name = name
    this.topic = topic
    this.#process = process
    this.pid = process.pid ?? 0
    this.url = started.notifications
    this.#management = started.management
  }

  /** Resolves when it is ready, so with Kafka and the schema registry found. */
  static async start(options: OurGatewayOptions): Promise<OurGateway> {
    const { name, topic, folder, temporaryDir, dist, profile } = options
    const main = join(dist, 'cli', 'main.js')
    if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'gateway.yaml')
    writeFileSync(file, configuration(options))
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    let listens: (started: Started) => void = () => {}
    const started = new Promise<Started>((resolve) => {
      listens = resolve
    })
    const program = new WatchedProcess({
      command: [process.execPath, ...profiling, main, 'serve', '--config', file],
      variables: process.env,
      temporaryDir,
      onOutput: (text) => {
        const found = text.match(/"notifications":"([^"]+)","management":"([^"]+)"/)
        if (found !== null) listens({ notifications: String(found[1]), management: String(found[2]) })
      },
    })
    const ended = program.ended.then((reason) => {
      throw new Error(`the gateway ended (${reason}):\n${program.log.excerpt()}`)
    })
    ended.catch(() => undefined)
    const gateway = new OurGateway(name, topic, program, await Promise.race([started, ended]))
    await Promise.race([gateway.#ready(), ended])
    return gateway
  }

  async settled(): Promise<void> {
    while ((await this.#unsent()) > 0) await pause(20)
  }

  async stop(): Promise<void> {
    this.#process.signal('SIGTERM')
    const late = setTimeout(() => this.#process.signal('SIGKILL'), 30_000)
    await this.#process.ended
    clearTimeout(late)
    this.#process.release()
  }

  async #ready(): Promise<void> {
    while (!(await fetch(`${this.#management}/readyz`)).ok) await pause(50)
  }

  /** Notifications that wait in the spool for Kafka. */
  async #unsent(): Promise<number> {
    const text = await (await fetch(`${this.#management}/metrics`)).text()
    return Number(text.match(/^registry_relay_spool_unacked_records(?:\{[^}]*\})? (\S+)$/m)?.[1] ?? 0)
  }
}

interface Started {
  readonly notifications: string
  readonly management: string
}

function configuration(options: OurGatewayOptions): string {
  const { ackMode, brokers, schemaRegistryUrl, topic, folder } = options
  return [
    `kafka: { brokers: ${JSON.stringify(brokers)} }`,
    `topics: { events: ${topic}, rejected: ${topic}.rejected, replicationFactor: 1 }`,
    `schemaRegistry: { url: ${JSON.stringify(schemaRegistryUrl)}, mode: register }`,
    `gateway: { port: 0, ackMode: ${ackMode}, credentials: [{ bearer: ${token} }] }`,
    `spool: { folder: ${JSON.stringify(join(folder, 'spool'))} }`,
    'management: { port: 0 }',
    'logging: { level: info, format: json }',
    '',
  ].join('\n')
}
