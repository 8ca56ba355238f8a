import type { Random } from '../../../src/clock.ts'
import { until } from '../../support/until.ts'
import type { PlannedKind } from './change-plan.ts'
import type { Change, ChangeKind, Join } from './history.ts'
import { machineTime } from './machine-time.ts'
import type { MemberConfig } from './member-config.ts'
import { MemberProcess } from './member-process.ts'

export interface MembersOptions {
  readonly config: Omit<MemberConfig, 'name'>
  /** File descriptor for what they log. */
  readonly log: number
  readonly random: Random
  /** How long one that is paused stands still: longer than a session. Milliseconds. */
  readonly pauseMs: number
}

const patienceMs = 120_000

/** The members of a run, and what happened to them. */
export class Members {
  readonly joins: Join[] = []
  readonly changes: Change[] = []
  /** Orderly stops that did not end with 0, and processes that ended by themselves. */
  readonly problems: string[] = []
  readonly #options: MembersOptions
  readonly #all: MemberProcess[] = []
  /** Has loaded its program and waits. */
  #spare: MemberProcess
  readonly #wakers = new Set<NodeJS.Timeout>()

  constructor(options: MembersOptions) {
    this.#options = options
    this.#spare = this.#make()
  }

  /** Those that are told to run. */
  get running(): readonly MemberProcess[] {
    return this.#all.filter(({ state }) => state === 'running')
  }

  add(): MemberProcess {
    const member = this.#spare
    this.#all.push(member)
    this.#spare = this.#make()
    member.start()
    this.#note('join', member)
    return member
  }

  /** Adds so many, and resolves when each has joined. */
  async addAll(count: number): Promise<void> {
    const added = Array.from({ length: count }, () => this.add())
    await this.joined(added)
  }

  async joined(members: readonly MemberProcess[]): Promise<void> {
    await until(() => members.every(({ joins }) => joins > 0), {
      ms: patienceMs,
      what: () => `members that have joined: ${members.filter(({ joins }) => joins > 0).length}`,
    })
  }

  /** SIGTERM, and the end of the process. */
  async leave(member: MemberProcess): Promise<void> {
    this.#note('leave', member)
    member.stop()
    const how = await member.ended
    if (how !== 'exit status 0') this.problems.push(`${member.name} was to leave, and ended by ${how}`)
  }

  /** Does one change to a member that has joined, or adds one; what follows from it goes on behind. */
  async change(kind: PlannedKind): Promise<string> {
    if (kind === 'join') return this.add().name
    const able = (): readonly MemberProcess[] => this.running.filter(({ joins }) => joins > 0)
    await until(() => able().length > 1, { ms: patienceMs, what: () => 'fewer than two members have joined' })
    const members = able()
    const member = members[Math.floor(this.#options.random() * members.length)] as MemberProcess
    if (kind === 'leave') void this.leave(member)
    else if (kind === 'kill') {
      member.kill()
      this.#note('kill', member)
    } else this.#pause(member)
    return member.name
  }

  get paused(): number {
    return this.#all.filter(({ state }) => state === 'paused').length
  }

  /** Every one leaves; resolves when all processes have ended. */
  async stop(): Promise<void> {
    // One that still loads its program does not know yet how to stop in good order.
    await this.joined(this.running)
    await Promise.all(this.running.map((member) => this.leave(member)))
    await Promise.all(this.#all.map(({ ended }) => ended))
    this.#spare.kill()
  }

  /** Ends whatever still runs. */
  abandon(): void {
    for (const waker of this.#wakers) clearTimeout(waker)
    for (const member of [...this.#all, this.#spare]) member.kill()
  }

  #pause(member: MemberProcess): void {
    member.pause()
    this.#note('pause', member)
    const waker = setTimeout(() => {
      this.#wakers.delete(waker)
      this.#note('wake', member)
      member.resume()
    }, this.#options.pauseMs)
    this.#wakers.add(waker)
  }

  /** After a fault: what was begun before it counts as in flight. */
  #note(kind: ChangeKind, { name }: MemberProcess): void {
    this.changes.push({ kind, member: name, at: machineTime() })
  }

  #make(): MemberProcess {
    const { config, log } = this.#options
    const member = new MemberProcess({ ...config, name: `member-${this.#all.length + 1}` }, log, (join) =>
      this.joins.push(join),
    )
    void member.ended.then((how) => {
      if (member.state !== 'going') this.problems.push(`${member.name} ended by itself: ${how}`)
      member.state = 'going'
    })
    return member
  }
}
