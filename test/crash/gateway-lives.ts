import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../support/until.ts'
import { type End, GatewayProcess, type GatewayProcessOptions } from './gateway-process.ts'
import { describeKill, type PlannedKill } from './kill-plan.ts'

export interface GatewayLivesOptions extends Omit<GatewayProcessOptions, 'crashAt'> {
  readonly kills: readonly PlannedKill[]
  /** How many events have been acknowledged so far. */
  readonly acked: () => number
}

/** Milliseconds within which a process must come to its planned end. */
const patienceMs = 30_000

/** One gateway after the other on the same port and spool: each but the last is killed as planned. */
export class GatewayLives {
  readonly #options: GatewayLivesOptions
  #lived = 0
  #current: GatewayProcess | undefined
  #next: GatewayProcess

  constructor(options: GatewayLivesOptions) {
    this.#options = options
    this.#next = this.#spawn()
  }

  /**
   * Starts the next process and has it killed as planned; resolves when it is dead, with the milliseconds from the order
   * to start until it listened, if it came so far.
   *
   * @throws Error where it ended in another way, or never came to the place where it should
   */
  async liveAndDie(): Promise<number | undefined> {
    const planned = this.#options.kills[this.#lived]
    if (planned === undefined) throw new Error('no kill is planned any more')
    const gateway = this.#start()
    const orderedAt = performance.now()
    let listenedAfterMs: number | undefined
    const listened = (): void => {
      listenedAfterMs = performance.now() - orderedAt
    }
    gateway.listening.then(listened, () => undefined)
    try {
      await this.#bringAbout(planned, gateway)
    } finally {
      gateway.kill()
      await gateway.ended
    }
    const { how, crashed } = await gateway.ended
    const expected = planned.kind === 'point' ? planned.point : undefined
    if (how !== 'SIGKILL' || crashed !== expected) {
      throw new Error(
        `to be killed ${describeKill(planned)}, it ended by ${how}, ${crashed ?? 'at no point'}`,
      )
    }
    return listenedAfterMs
  }

  /** Starts a process that nothing kills; resolves when it listens. Also after a life that ended otherwise than planned. */
  async survive(): Promise<void> {
    if (this.#lived < this.#options.kills.length) {
      this.#next.kill()
      this.#lived = this.#options.kills.length
      this.#next = this.#spawn()
    }
    await this.#start().listening
  }

  async stop(): Promise<End> {
    if (this.#current === undefined) throw new Error('nothing was started')
    return this.#current.stop()
  }

  /** Ends whatever runs, without waiting. */
  abandon(): void {
    this.#current?.kill()
    this.#next.kill()
  }

  #start(): GatewayProcess {
    const gateway = this.#next
    gateway.start()
    this.#current = gateway
    this.#lived += 1
    this.#next = this.#lived > this.#options.kills.length ? gateway : this.#spawn()
    return gateway
  }

  #spawn(): GatewayProcess {
    const planned = this.#options.kills[this.#lived]
    const crashAt = planned?.kind === 'point' ? `${planned.point}:${planned.nth}` : undefined
    return new GatewayProcess({ ...this.#options, crashAt })
  }

  async #bringAbout(planned: PlannedKill, gateway: GatewayProcess): Promise<void> {
    if (planned.kind === 'point') {
      await endedWithin(gateway, patienceMs)
    } else if (planned.kind === 'start') {
      await pause(planned.afterMs)
    } else {
      await gateway.listening
      const { acked } = this.#options
      const before = acked()
      await until(() => acked() > before, { ms: patienceMs, what: () => 'no event was acknowledged' })
      await pause(planned.afterMs)
    }
  }
}

async function endedWithin(gateway: GatewayProcess, ms: number): Promise<void> {
  const patience = new AbortController()
  await Promise.race([
    gateway.ended,
    pause(ms, undefined, { signal: patience.signal }).catch(() => undefined),
  ])
  patience.abort()
}
