import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import { RepeatFilter } from '../repeat-filter.ts'
import { CounterBy, type Logger, type Telemetry } from '../telemetry.ts'
import { registryEventSchema } from './event-schema.ts'
import { saysTheSame } from './schema-form.ts'
import { isDenial } from './schema-id-words.ts'

/** From one look at an id to the next. */
const everyMs = 300_000

/** The same where the registry had no answer. */
const againMs = 60_000

/** For all ids: invented ones can be any number. */
const alarm =
  'the schema registry has another schema, or none, under the id of records that were written with ours: we read them, others cannot'

/** A topic of ours has a handful of ids; what is forgotten is looked at again. */
const maxIds = 1_000

/**
 * Whether other readers of a topic can read what we can: a record that says that it was written with our schema needs no
 * registry here, but they go by the id in front of it. Looks at one id at a time, each now and then, in the background; an id
 * whose turn does not come is looked at with a later record.
 */
export class OwnIdCheck {
  readonly #schemaById: (id: number) => Promise<string>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #checks: CounterBy
  readonly #filter: RepeatFilter
  /** By id: when it is looked at next, by the monotonic clock. */
  readonly #next = new Map<number, number>()
  #looking = false

  constructor(schemaById: (id: number) => Promise<string>, clock: Clock, { logger, metrics }: Telemetry) {
    this.#schemaById = schemaById
    this.#clock = clock
    this.#logger = logger
    this.#filter = new RepeatFilter(clock)
    const checks = metrics.counter({
      name: 'registry_relay_record_id_checks_total',
      help: 'Ids of records that were written with our schema, held against the schema registry, by what came of it.',
      labels: ['outcome'],
    })
    this.#checks = new CounterBy(checks, 'outcome', ['same', 'moved', 'unavailable'])
  }

  /** For every record; returns at once. */
  met(schemaId: number): void {
    if (this.#looking) return
    const next = this.#next.get(schemaId)
    if (next !== undefined && this.#clock.monotonic() < next) return
    this.#looking = true
    void this.#look(schemaId)
  }

  async #look(schemaId: number): Promise<void> {
    const outcome = await this.#ask(schemaId)
    this.#looking = false
    this.#checks.add(outcome)
    if (outcome === 'moved') this.#alarm(schemaId)
    this.#remember(schemaId, this.#clock.monotonic() + (outcome === 'unavailable' ? againMs : everyMs))
  }

  async #ask(schemaId: number): Promise<'same' | 'moved' | 'unavailable'> {
    try {
      const text = await this.#schemaById(schemaId)
      return saysTheSame(text, registryEventSchema.text) ? 'same' : 'moved'
    } catch (thrown) {
      if (isDenial(thrown)) return 'moved'
      this.#logger.debug(
        { schemaId, err: toError(thrown) },
        'id of a record not held against the schema registry',
      )
      return 'unavailable'
    }
  }

  #alarm(schemaId: number): void {
    const alike = this.#filter.pass(alarm)
    if (alike !== undefined) this.#logger.error({ schemaId, alike }, alarm)
  }

  #remember(schemaId: number, next: number): void {
    if (this.#next.size >= maxIds) this.#next.clear()
    this.#next.set(schemaId, next)
  }
}
