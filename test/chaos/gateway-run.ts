import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyTopics, type RunningGateway, startGateway } from '../../src/app/compose.ts'
import { Supervisor } from '../../src/app/supervisor.ts'
import { loadConfig } from '../../src/config/load.ts'
import { toError } from '../../src/errors.ts'
import type { GatewayItem } from '../../src/gateway/gateway-item.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { check } from '../crash/checker.ts'
import { gatewayConfig } from '../crash/gateway-config.ts'
import { History } from '../crash/history.ts'
import { withWrite } from '../crash/mutations.ts'
import type { Rebuild } from '../crash/operation.ts'
import type { Mode } from '../crash/points.ts'
import { Registries, registryCount } from '../crash/registries.ts'
import { RunFolder } from '../crash/run-folder.ts'
import { unackedRecords, whereInSpool } from '../crash/spool-survey.ts'
import { until } from '../support/until.ts'
import type { Cluster } from './cluster.ts'
import type { ChaosReport } from './report.ts'
import { leaksSince, type Resources, resourcesNow } from './resources.ts'
import { RunTelemetry } from './run-telemetry.ts'
import type { Scenario, Stage } from './scenario.ts'
import { metNobody } from './validity.ts'

export interface GatewayRunOptions {
  readonly cluster: Cluster
  readonly scenario: Scenario
  readonly mode: Mode
  readonly seed: number
  /** Of faults. Default: as the scenario says. */
  readonly seconds?: number
  /** Acknowledged events without which it proves nothing; it goes on until they are there. Default: as the scenario says. */
  readonly acked?: number
  /** Of all senders together. Default 200. */
  readonly eventsPerSecond?: number
  readonly onProgress?: (line: string) => void
}

/** Milliseconds without any progress after which a run gives up. */
const patienceMs = 60_000
/** Within which a post has a 2xx again when the last fault is over (I8 asks for 5 s of the cluster, which starts up first). */
const recoveryMs = 30_000
const steadyEvents = 200
const token = 'chaos-test'

/**
 * Posts to a gateway while the cluster is hurt, heals, and compares what was acknowledged with what is in the topic. Never
 * rejects for what the gateway does; it says so in the report.
 */
export async function gatewayRun(options: GatewayRunOptions): Promise<ChaosReport> {
  const run = new GatewayRun(options)
  await run.go()
  return run.report()
}

class GatewayRun {
  readonly #options: GatewayRunOptions
  readonly #run = randomUUID().slice(0, 8)
  readonly #topic = `chaos-${this.#run}`
  readonly #folder = new RunFolder()
  readonly #history = new History()
  readonly #telemetry: RunTelemetry
  readonly #supervisor: Supervisor
  /** Ids of the events between the gateway and the confirmation by Kafka. */
  readonly #underWay = new Set<string>()
  readonly #rebuilds: Rebuild[] = []
  readonly #problems: string[] = []
  readonly #remarks: string[] = []
  readonly #stage: Stage
  #gateway: RunningGateway | undefined
  #registries: Registries | undefined
  #faults = 0
  #before: Resources = resourcesNow()

  constructor(options: GatewayRunOptions) {
    this.#options = options
    this.#telemetry = new RunTelemetry(this.#folder.log, () => {
      this.#rebuilds.push({ ids: new Set(this.#underWay) })
    })
    this.#supervisor = new Supervisor(this.#telemetry.logger)
    const { cluster, mode, seed, scenario, seconds = scenario.seconds, onProgress } = options
    const telemetry = this.#telemetry
    this.#stage = {
      ...{ cluster, mode, topic: this.#topic, random: seededRandom(seed), seconds, history: this.#history },
      published: () => telemetry.sum('produced_records_total'),
      retries: () => telemetry.sum('produce_retries_total'),
      rebuilds: () => telemetry.sum('producer_rebuilds_total'),
      said: (sentence) => telemetry.said(sentence),
      parts: () => this.#gateway?.parts ?? {},
      fault: (what) => {
        this.#faults += 1
        telemetry.logger.info({ what }, 'a fault begins')
        onProgress?.(`  ${what}`)
      },
      remark: (what) => this.#remarks.push(what),
      problem: (what) => this.#problems.push(what),
    }
  }

  async go(): Promise<void> {
    const { cluster, scenario, mode } = this.#options
    const config = gatewayConfig({
      ...{ servers: cluster.proxied, mode, topic: this.#topic, port: 0, token },
      ...{ spoolFolder: this.#folder.spool, spoolBytes: 512 * 2 ** 20 },
      replicationFactor: cluster.ids.length,
      ...(scenario.timeouts === undefined ? {} : { timeouts: scenario.timeouts }),
    })
    this.#folder.configure(this.#withRegistry(config))
    try {
      await applyTopics(loadConfig(this.#folder.configFile, {}), noTelemetry)
      await cluster.inSync(this.#topic)
      if (scenario.earlierLife === true) await this.#liveOnce()
      this.#before = resourcesNow()
      await scenario.before?.(this.#stage)
      await this.#start()
      if (scenario.before === undefined) await this.#acked(steadyEvents, 'before any fault')
      await this.#noting(() => scenario.faults(this.#stage))
      // Also after a problem: what the spool holds by then must get to the topic, or it would look like a loss.
      await this.#noting(() => this.#heal())
    } catch (error) {
      this.#problems.push(toError(error).message)
    } finally {
      await this.#registries?.abandon()
      await this.#noting(() => this.#stop())
      await this.#noting(() => cluster.heal([]))
    }
  }

  async report(): Promise<ChaosReport> {
    const { cluster, scenario, mode, seed } = this.#options
    const records = await (scenario.read?.(this.#stage) ?? cluster.read(this.#topic))
    const trial = {
      ...{ operations: this.#history.operations, records, kills: [], rebuilds: this.#rebuilds },
      inFlight: registryCount,
      required: { acked: this.#required, info: false },
      whereIs: await whereInSpool(this.#folder.spool),
    }
    const verdict = check(trial)
    const found = { records, violations: verdict.violations }
    const violations = (await scenario.judge?.(this.#stage, found)) ?? verdict.violations
    const retries = this.#stage.retries()
    const invalid = [...verdict.invalid, ...metNobody(scenario, mode, verdict.counts, retries)]
    const passed = violations.length === 0 && invalid.length === 0 && this.#problems.length === 0
    const report = {
      ...{ scenario: scenario.name, mode, seed, counts: verdict.counts, faults: this.#faults, retries },
      ...{ rebuilds: this.#rebuilds.length, remarks: this.#remarks, violations },
      ...{ problems: this.#problems, invalid, passed },
    }
    this.#telemetry.close()
    if (passed) {
      this.#folder.remove()
      return report
    }
    this.#folder.keep({ operations: this.#history.operations, records, report })
    return { ...report, evidence: this.#folder.path }
  }

  get #required(): number {
    return this.#options.acked ?? this.#options.scenario.acked ?? 1_000
  }

  get #idFile(): string {
    return join(this.#folder.path, 'schema-ids.json')
  }

  #withRegistry(config: string): string {
    const { schemaRegistry, earlierLife } = this.#options.scenario
    const { schemaRegistry: before, ...others } = JSON.parse(config)
    const cache = earlierLife === true ? { cacheFile: this.#idFile } : {}
    return JSON.stringify({ ...others, schemaRegistry: { ...before, ...schemaRegistry, ...cache } })
  }

  /** A gateway that nobody posts to, until it has remembered the id of its schema. */
  async #liveOnce(): Promise<void> {
    const supervisor = new Supervisor(this.#telemetry.logger)
    try {
      await startGateway(loadConfig(this.#folder.configFile, {}), noTelemetry, supervisor)
      await until(() => existsSync(this.#idFile) && /"id":/.test(readFileSync(this.#idFile, 'utf8')), {
        ms: patienceMs,
        what: () => 'an earlier life remembers no id',
      })
    } finally {
      await supervisor.stop(20_000)
    }
  }

  async #start(): Promise<void> {
    const { seed, eventsPerSecond = 200 } = this.#options
    const config = loadConfig(this.#folder.configFile, {})
    this.#gateway = await startGateway(config, this.#telemetry, this.#supervisor, {
      wrapRoute: (route) =>
        withWrite(route, async (items, options) => {
          const ids = items.flatMap(idOf)
          for (const id of ids) this.#underWay.add(id)
          try {
            return await route.write(items, options)
          } finally {
            for (const id of ids) this.#underWay.delete(id)
          }
        }),
    })
    this.#registries = new Registries({
      ...{ url: this.#gateway.url, run: this.#run, token, seed, eventsPerSecond, history: this.#history },
    })
  }

  async #heal(): Promise<void> {
    const { cluster, mode } = this.#options
    const healing = performance.now()
    await cluster.heal([this.#topic])
    const healed = performance.now()
    await this.#acked(1, 'after the last fault', recoveryMs)
    await until(() => this.#stage.published() > 0 && this.#recovered(), {
      ms: recoveryMs,
      what: () => `Kafka got nothing more; ${JSON.stringify(this.#readiness())}`,
    })
    const recovered = performance.now()
    this.#remarks.push(
      `healed in ${seconds(healed - healing)} s, recovered in ${seconds(recovered - healed)} s more`,
    )
    // Where the faults left too little to judge by, the run goes on.
    const lacking = this.#required - this.#history.acked
    await this.#acked(Math.max(steadyEvents, lacking), 'after the last fault')
    await this.#registries?.settle(patienceMs)
    if (mode === 'spool') {
      await until(async () => (await unackedRecords(this.#folder.spool)) === 0, {
        ms: patienceMs,
        what: () => 'the spool does not empty',
      })
    }
  }

  async #stop(): Promise<void> {
    const clean = await this.#supervisor.stop(20_000)
    if (!clean) this.#problems.push('the gateway did not stop in good order')
    this.#problems.push(...leaksSince(this.#before))
  }

  /** Resolves when so many more events have had a 2xx. */
  async #acked(more: number, when: string, ms = patienceMs): Promise<void> {
    const goal = this.#history.acked + more
    await until(() => this.#history.acked >= goal, {
      ms,
      what: () => `stuck at ${this.#history.acked} of ${goal} acknowledged events ${when}`,
    })
  }

  /** Every part is ready and has nothing to complain of but what still waits, or what the last look at the topics found. */
  #recovered(): boolean {
    return Object.entries(this.#readiness()).every(([part, { ready, reason }]) => {
      return ready && (part === 'spool' || part === 'topics' || reason === undefined)
    })
  }

  #readiness(): Readonly<Record<string, { readonly ready: boolean; readonly reason?: string }>> {
    return Object.fromEntries(Object.entries(this.#stage.parts()).map(([part, ask]) => [part, ask()]))
  }

  async #noting(phase: () => Promise<void>): Promise<void> {
    try {
      await phase()
    } catch (error) {
      this.#problems.push(toError(error).message)
    }
  }
}

function idOf(item: GatewayItem): readonly string[] {
  return item.kind === 'event' && item.id !== undefined ? [item.id] : []
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
