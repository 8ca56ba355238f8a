import type { Cancel, Clock, Random } from '../clock.ts'
import { errorCodes, isRelayError, RelayError, toError } from '../errors.ts'
import { RepeatFilter } from '../repeat-filter.ts'
import type { Logger } from '../telemetry.ts'
import { saysTheSame } from './schema-form.ts'
import type { SchemaIdMetrics } from './schema-id-metrics.ts'
import { isDenial, isRefusal, outcomeOf } from './schema-id-words.ts'

/** The calls of a `SchemaRegistryClient` that ids are kept with. */
export interface SchemaIdRegistry {
  readonly urls: readonly string[]
  lookup(subject: string, text: string): Promise<number>
  register(subject: string, text: string): Promise<number>
  schemaById(id: number): Promise<string>
  onDisconnect(listener: () => void): () => void
}

/** What the ids of one subject share. */
export interface SchemaIdTerms {
  readonly registry: Pick<SchemaIdRegistry, 'lookup' | 'register' | 'schemaById'>
  readonly subject: string
  readonly mode: 'lookup' | 'register'
  /** Fingerprint of the schema that is written now: the one that our command registers. */
  readonly present: string
  readonly maxPauseMs: number
  readonly revalidateMs: number
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: SchemaIdMetrics
  /** There is an id, or there is none any more. */
  onChange(schema: SchemaText, id: number | undefined): void
  /** The registry said that the id is right. */
  onVerified(schema: SchemaText): void
  /** It will not register the schema, and never had an id for it. */
  onRefused(schema: SchemaText, error: RelayError): void
}

export interface SchemaText {
  readonly fingerprint: string
  readonly text: string
}

const firstPauseMs = 250

/** For how long an id from before the start is held back for the word of the registry. */
const heldMs = 1_000

/** A reason is said at once when it is another one, and then so often: it may stay for days. */
const saidAgainMs = 60_000

/** For the operator, whose turn it is. */
const howToRegister = 'register it: registry-relay schema register'

/** Between two times that a lost connection makes the id be held against the registry: some close what is idle. */
const quietMs = 15_000

/**
 * The id of one schema, from a registry that may be down when the relay starts, and may lose its storage later.
 *
 * States: *resolving* (asks, with growing pauses, for ever; {@link idOf} gives a promise that waits) → *known* (`idOf` gives
 * the number) → *resolving* again when the registry says that the id is another schema's → *closed*. With an id from before
 * the start it begins as *remembered*: for a second at most the registry may still say no, then it is *known*.
 *
 * In *known* the registry is asked now and then whether the id still stands for the schema: every `revalidateMs`; soon, when
 * a connection to it was lost; and where it did not answer, with growing pauses until it does. One that cannot be reached
 * changes nothing: ids that were right stay right, and publishing goes on.
 */
export class RegisteredSchemaId {
  readonly #schema: SchemaText
  readonly #terms: SchemaIdTerms
  readonly #repeats: RepeatFilter
  #id: number | undefined
  #held = false
  #waiting: { promise: Promise<number>; resolve(id: number): void; reject(error: Error): void } | undefined
  #reason = 'the schema registry was not asked yet'
  #pauseMs = firstPauseMs
  #suspectedAt = Number.NEGATIVE_INFINITY
  #asking = false
  #nextAt = 0
  #cancelNext: Cancel = () => {}
  #cancelHold: Cancel = () => {}
  #closed = false
  /** There was an id, now or before the start. */
  #met: boolean
  /** The credentials do not let us ask. */
  #barred = false
  /** The registry said that the id is right, in this process. */
  #confirmed = false
  /** Why the id was not held against the registry when it was to be. */
  #unchecked: string | undefined

  /** Starts asking at once. @param remembered the id it had before the start */
  constructor(schema: SchemaText, terms: SchemaIdTerms, remembered?: number) {
    this.#schema = schema
    this.#terms = terms
    this.#repeats = new RepeatFilter(terms.clock, saidAgainMs)
    this.#id = remembered
    this.#met = remembered !== undefined
    if (remembered === undefined) {
      void this.#resolve()
      return
    }
    this.#held = true
    this.#cancelHold = terms.clock.after(heldMs, () => {
      this.#unchecked = 'it has not answered yet'
      this.#release()
    })
    void this.#verify(remembered)
  }

  /** At once if it is known, else a promise that waits as long as it takes; rejects with `SINK_CLOSED` after {@link close}. */
  idOf(): number | Promise<number> {
    if (this.#id !== undefined && !this.#held) return this.#id
    this.#waiting ??= withResolvers()
    return this.#waiting.promise
  }

  /** Why there is no id; undefined while there is one. */
  get lacking(): string | undefined {
    return this.#id === undefined ? this.#reason : undefined
  }

  /** What is not as it should be with an id that is in use all the same: the registry does not answer. */
  get note(): string | undefined {
    if (this.#id === undefined || this.#unchecked === undefined) return undefined
    const ids = this.#confirmed ? 'known ids' : 'ids of the last run'
    return `${ids} are in use: the schema registry was not reached: ${this.#unchecked}`
  }

  /** Somebody waits for the id. */
  get awaited(): boolean {
    return this.#waiting !== undefined
  }

  /** The registry may not be what it was: a known id is soon held against it. */
  suspect(): void {
    const id = this.#id
    if (id === undefined || this.#asking || this.#closed) return
    const now = this.#terms.clock.monotonic()
    const at = Math.max(now + firstPauseMs, this.#suspectedAt + quietMs)
    if (at >= this.#nextAt) return
    this.#suspectedAt = at
    this.#later(at - now, () => this.#verify(id))
  }

  close(): void {
    this.#closed = true
    this.#cancelNext()
    this.#cancelHold()
    this.#waiting?.reject(closedError())
    this.#waiting = undefined
  }

  async #resolve(): Promise<void> {
    const { registry, subject, mode, logger } = this.#terms
    this.#asking = true
    try {
      const id = await registry[mode](subject, this.#schema.text)
      if (this.#closed) return
      this.#count('found')
      this.#id = id
      this.#met = true
      logger.info({ subject, schemaId: id }, 'schema id resolved')
      this.#terms.onChange(this.#schema, id)
      this.#verified(id)
    } catch (thrown) {
      if (!this.#closed) this.#unresolved(toError(thrown))
    } finally {
      this.#asking = false
    }
  }

  /**
   * Also what is not retriable is tried again, such as a refused schema: it is the operator who mends it, in the
   * registry, and the relay should go on when it is mended, without a restart.
   */
  #unresolved(error: Error): void {
    const { subject, mode, logger, onRefused } = this.#terms
    this.#count(outcomeOf(error))
    this.#reason = this.#withAdvice(error)
    const pauseMs = this.#pause(error)
    const refused = mode === 'register' && isRefusal(error)
    const heldBack = this.#repeats.pass(this.#reason)
    if (heldBack !== undefined) {
      // Without the error itself: its stack says nothing that the reason does not, and this may be said for days.
      const facts = { subject, reason: this.#reason, pauseMs, heldBack }
      if (refused) logger.error(facts, 'the schema registry refuses to register our schema: records wait')
      else if (isRelayError(error, 'SCHEMA_REGISTRY_REFUSED'))
        logger.error(facts, 'the schema registry refuses us: records wait until it gives a schema id')
      else logger.warn(facts, 'no schema id yet: records wait until the schema registry gives one')
    }
    if (refused && !this.#met) onRefused(this.#schema, error)
    this.#later(pauseMs, () => this.#resolve())
  }

  /**
   * A registry that came back without its storage hands out the old ids for other schemas, and consumers would read
   * our records by those. Only its clear word counts, not that it is unreachable.
   */
  async #verify(id: number): Promise<void> {
    const { registry, subject, logger, metrics } = this.#terms
    this.#asking = true
    const verdict = await registry.schemaById(id).then(
      (text) => (saysTheSame(text, this.#schema.text) ? 'same' : 'moved'),
      (thrown: unknown) => (isDenial(thrown) ? 'moved' : toError(thrown)),
    )
    this.#asking = false
    if (this.#closed) return
    const refused = isRelayError(verdict, 'SCHEMA_REGISTRY_REFUSED')
    const outcome = typeof verdict === 'string' ? verdict : refused ? 'refused' : 'unavailable'
    metrics.checks.add(1, { subject, outcome })
    if (verdict === 'same') return this.#verified(id)
    if (verdict === 'moved') return this.#withdraw(id)
    const pauseMs = this.#pause(verdict)
    const facts = { subject, schemaId: id, err: verdict, pauseMs }
    if (refused && !this.#barred) {
      this.#barred = true
      logger.warn(facts, 'the schema registry does not let us look at our id: it stays in use, unchecked')
    } else {
      logger.debug(facts, 'schema id not held against the registry')
    }
    this.#unchecked = refused ? undefined : verdict.message
    this.#release()
    this.#later(pauseMs, () => this.#verify(id))
  }

  #verified(id: number): void {
    const { revalidateMs, onVerified, subject, logger } = this.#terms
    this.#pauseMs = firstPauseMs
    this.#confirmed = true
    this.#unchecked = undefined
    this.#repeats.forget()
    if (this.#barred) {
      this.#barred = false
      logger.info({ subject, schemaId: id }, 'the schema registry lets us look at our id again')
    }
    onVerified(this.#schema)
    this.#release()
    this.#later(revalidateMs, () => this.#verify(id))
  }

  async #withdraw(id: number): Promise<void> {
    const { subject, logger, metrics, onChange } = this.#terms
    this.#cancelHold()
    this.#held = false
    this.#id = undefined
    this.#unchecked = undefined
    this.#reason = `schema id ${id} stands for another schema now`
    metrics.changes.add(1, { subject })
    logger.error(
      { subject, schemaId: id },
      'the schema registry has another schema under our id: asking for a new one, records wait',
    )
    onChange(this.#schema, undefined)
    await this.#resolve()
  }

  /** Those who wait get the id. */
  #release(): void {
    this.#cancelHold()
    this.#held = false
    if (this.#id === undefined) return
    this.#waiting?.resolve(this.#id)
    this.#waiting = undefined
  }

  /** Grows from call to call, until something succeeds; never below what the registry asked for, of which a minute at most counts. */
  #pause(error: Error): number {
    const { random, maxPauseMs } = this.#terms
    const pauseMs = Math.round(this.#pauseMs * (0.5 + random() / 2))
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs)
    const asked = isRelayError(error) ? error.facts['retryAfterMs'] : undefined
    return typeof asked === 'number' ? asked + pauseMs : pauseMs
  }

  #later(ms: number, run: () => Promise<void>): void {
    const { clock } = this.#terms
    this.#cancelNext()
    this.#nextAt = clock.monotonic() + ms
    this.#cancelNext = clock.after(ms, () => void run())
  }

  /** Our command registers the schema that is written now; one of a version before has to be registered by that version. */
  #withAdvice(error: Error): string {
    if (isRelayError(error, 'SCHEMA_REGISTRY_REFUSED')) {
      return `${error.message}; ${errorCodes.SCHEMA_REGISTRY_REFUSED.action}`
    }
    const ours = this.#schema.fingerprint === this.#terms.present
    return ours && isRelayError(error, 'SCHEMA_NOT_REGISTERED')
      ? `${error.message}; ${howToRegister}`
      : error.message
  }

  #count(outcome: string): void {
    this.#terms.metrics.lookups.add(1, { subject: this.#terms.subject, outcome })
  }
}

export function closedError(): RelayError {
  return new RelayError('SINK_CLOSED', 'schema ids: closed')
}

function withResolvers(): {
  promise: Promise<number>
  resolve(id: number): void
  reject(error: Error): void
} {
  let resolve: (id: number) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<number>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  // Whoever waits hears of it; one who gave up waiting must not end the process.
  promise.catch(() => {})
  return { promise, resolve, reject }
}
