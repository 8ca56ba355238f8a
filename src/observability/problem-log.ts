import type { Clock } from '../clock.ts'
import type { Facts, Logger } from '../telemetry.ts'
import { shownText } from './shown-text.ts'

/** A warning or an error as it was logged, without what only a search in the log needs. */
export interface Problem {
  /** Counts from 1, so that two looks can be told apart. */
  readonly number: number
  /** ISO 8601. */
  readonly at: string
  readonly level: 'warn' | 'error'
  readonly component: string
  /** What happened and, where the line has one, why. */
  readonly sentence: string
  readonly reason?: string
  /** Of the table of errors, or of the system. */
  readonly code?: string
  readonly endpoint?: string
}

const maxKept = 50
/** Endpoints of which the last problem is kept, however much others say after it. */
const maxEndpoints = 200

/** The last warnings and errors of this process, newest first, and the last one of each endpoint. Bounded; nothing is read back from the log. */
export class ProblemLog {
  readonly #clock: Clock
  readonly #last: Problem[] = []
  readonly #ofEndpoint = new Map<string, Problem>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** At most 50, newest first. */
  get recent(): readonly Problem[] {
    return [...this.#last]
  }

  /** The last one that names this endpoint. */
  ofEndpoint(name: string): Problem | undefined {
    return this.#ofEndpoint.get(name)
  }

  /** Whatever is logged through the returned logger as a warning or an error is kept here too, whichever level the log has. */
  tap(logger: Logger): Logger {
    return new TappedLogger(logger, {}, (level, facts, message) => this.#add(level, facts, message))
  }

  #add(level: Problem['level'], facts: Facts, message: string): void {
    const error = facts['err'] as (Error & { readonly code?: unknown }) | undefined
    const reason = textOf(error?.message) ?? textOf(facts['reason'])
    const code = textOf(facts['code']) ?? textOf(error?.code)
    const endpoint = textOf(facts['endpoint'])
    const problem: Problem = {
      number: ++this.#count,
      at: new Date(this.#clock.now()).toISOString(),
      level,
      component: textOf(facts['component']) ?? textOf(facts['part']) ?? 'relay',
      sentence: shownText(message),
      ...(reason === undefined ? {} : { reason }),
      ...(code === undefined ? {} : { code }),
      ...(endpoint === undefined ? {} : { endpoint }),
    }
    this.#last.unshift(problem)
    if (this.#last.length > maxKept) this.#last.pop()
    if (endpoint === undefined) return
    // Taken out before, so that the Map has those first that have been silent longest.
    this.#ofEndpoint.delete(endpoint)
    this.#ofEndpoint.set(endpoint, problem)
    for (const name of this.#ofEndpoint.keys()) {
      if (this.#ofEndpoint.size <= maxEndpoints) break
      this.#ofEndpoint.delete(name)
    }
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? shownText(value) : undefined
}

type OnProblem = (level: Problem['level'], facts: Facts, message: string) => void

class TappedLogger implements Logger {
  readonly #inner: Logger
  /** Of this logger and those above it: a line is told with all of them. */
  readonly #bound: Facts
  readonly #onProblem: OnProblem

  constructor(inner: Logger, bound: Facts, onProblem: OnProblem) {
    this.#inner = inner
    this.#bound = bound
    this.#onProblem = onProblem
  }

  debug(facts: Facts, message: string): void {
    this.#inner.debug(facts, message)
  }

  info(facts: Facts, message: string): void {
    this.#inner.info(facts, message)
  }

  warn(facts: Facts, message: string): void {
    this.#onProblem('warn', { ...this.#bound, ...facts }, message)
    this.#inner.warn(facts, message)
  }

  error(facts: Facts, message: string): void {
    this.#onProblem('error', { ...this.#bound, ...facts }, message)
    this.#inner.error(facts, message)
  }

  child(facts: Facts): Logger {
    return new TappedLogger(this.#inner.child(facts), { ...this.#bound, ...facts }, this.#onProblem)
  }
}
