import { randomUUID } from 'node:crypto'
import { applyTopics } from '../../src/app/compose.ts'
import { loadConfig } from '../../src/config/load.ts'
import { toError } from '../../src/errors.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { until } from '../support/until.ts'
import { check, type Verdict } from './checker.ts'
import { fixedPort } from './fixed-port.ts'
import { gatewayConfig } from './gateway-config.ts'
import { GatewayLives } from './gateway-lives.ts'
import { History } from './history.ts'
import { describeKill, type PlannedKill } from './kill-plan.ts'
import type { Mutation } from './mutations.ts'
import type { Kill } from './operation.ts'
import type { Mode } from './points.ts'
import { Registries, registryCount } from './registries.ts'
import { RunFolder } from './run-folder.ts'
import { unackedRecords, whereInSpool } from './spool-survey.ts'
import { readTopic, type Servers } from './topic-reader.ts'

export interface CrashRunOptions {
  readonly servers: Servers
  readonly mode: Mode
  readonly seed: number
  readonly kills: readonly PlannedKill[]
  /** Of all senders together. Default: as fast as it goes. */
  readonly eventsPerSecond?: number
  /** Acknowledged events without which the run proves nothing; it goes on until they are there. */
  readonly acked: number
  readonly mutation?: Mutation
  readonly onProgress?: (line: string) => void
}

export interface CrashReport extends Verdict {
  readonly seed: number
  readonly mode: Mode
  /** What did not go as planned. */
  readonly problems: readonly string[]
  /** The folder with history, logs, spool and topic; kept only where the run did not pass. */
  readonly evidence?: string
}

/** Milliseconds without any progress after which a run gives up. */
const patienceMs = 60_000
const token = 'crash-test'

/**
 * Posts, kills, heals, and compares what was acknowledged with what is in the topic. Never rejects for what the gateway
 * does; it says so in the report.
 */
export async function crashRun(options: CrashRunOptions): Promise<CrashReport> {
  const run = randomUUID().slice(0, 8)
  const topic = `crash-${run}`
  const port = await fixedPort()
  const folder = new RunFolder()
  folder.configure(gatewayConfig({ ...options, topic, port, token, spoolFolder: folder.spool }))
  await applyTopics(loadConfig(folder.configFile, {}), noTelemetry)

  const crashing = new CrashRun(options, { run, port, folder })
  await crashing.go()
  const records = await readTopic(options.servers, topic)
  const verdict = check({
    operations: crashing.history.operations,
    records,
    kills: crashing.kills,
    inFlight: registryCount,
    required: { acked: options.acked, info: options.kills.length > 0 },
    whereIs: await whereInSpool(folder.spool),
  })
  const { problems } = crashing
  const passed = verdict.passed && problems.length === 0
  const report = { seed: options.seed, mode: options.mode, problems, ...verdict, passed }
  if (passed) {
    folder.remove()
    return report
  }
  folder.keep({ operations: crashing.history.operations, records, report })
  return { ...report, evidence: folder.path }
}

/** The part of a run in which there are processes. */
class CrashRun {
  readonly history: History = new History()
  readonly kills: Kill[] = []
  readonly problems: string[] = []
  readonly #options: CrashRunOptions
  readonly #folder: RunFolder
  readonly #registries: Registries
  readonly #lives: GatewayLives

  constructor(options: CrashRunOptions, place: { run: string; port: number; folder: RunFolder }) {
    const { seed, eventsPerSecond, kills, mutation } = options
    const { run, port, folder } = place
    this.#options = options
    this.#folder = folder
    this.#registries = new Registries({
      url: `http://127.0.0.1:${port}/notifications`,
      run,
      token,
      seed,
      eventsPerSecond,
      history: this.history,
    })
    this.#lives = new GatewayLives({
      kills,
      acked: () => this.history.acked,
      configFile: folder.configFile,
      log: folder.log,
      mutation,
    })
  }

  async go(): Promise<void> {
    try {
      await this.#noting(this.#killAll())
      // Also after a problem: what the spool holds by then must get to the topic, or it would look like a loss.
      await this.#noting(this.#heal())
    } finally {
      this.#lives.abandon()
      await this.#registries.abandon()
    }
  }

  async #killAll(): Promise<void> {
    const { kills, onProgress } = this.#options
    for (const [index, planned] of kills.entries()) {
      const before = this.history.acked
      let listenedAfterMs: number | undefined
      try {
        listenedAfterMs = await this.#lives.liveAndDie()
      } finally {
        const at = performance.now()
        this.kills.push({ at, unacked: (await unackedRecords(this.#folder.spool)) ?? 0 })
      }
      const listened =
        listenedAfterMs === undefined ? 'did not listen' : `listened after ${Math.round(listenedAfterMs)} ms`
      const acked = this.history.acked - before
      onProgress?.(
        `kill ${index + 1}/${kills.length} ${describeKill(planned)}: ${listened}, ${acked} acknowledged, ${this.kills.at(-1)?.unacked} to send again`,
      )
    }
  }

  async #heal(): Promise<void> {
    const { history } = this
    await this.#lives.survive()
    while (history.acked < this.#options.acked) {
      const before = history.acked
      await until(() => history.acked > before, {
        ms: patienceMs,
        what: () => `stuck at ${before} of ${this.#options.acked} acknowledged events`,
      })
    }
    await this.#registries.settle(patienceMs)
    await until(async () => (await unackedRecords(this.#folder.spool)) === 0, {
      ms: patienceMs,
      what: () => 'the spool does not empty',
    })
    const { how } = await this.#lives.stop()
    if (how !== 'exit status 0') throw new Error(`the orderly stop ended by ${how}`)
  }

  async #noting(phase: Promise<void>): Promise<void> {
    try {
      await phase
    } catch (error) {
      this.problems.push(toError(error).message)
    }
  }
}
