import { type Cancel, type Clock, systemClock } from '../clock.ts'
import { toError } from '../errors.ts'
import type { TopicFinding, TopicSeverity } from '../kafka/topic-state.ts'
import { type Gauge, noTelemetry, type Telemetry } from '../telemetry.ts'

export interface TopicWatchOptions {
  /** All that are looked at; those without a finding are shown with 0. */
  readonly topics: readonly string[]
  readonly look: () => Promise<readonly TopicFinding[]>
  /** Milliseconds from one look to the next while all is well. Default 300,000: settings change by hand, and seldom. */
  readonly everyMs?: number
  /** The same after a look that failed or found something: an operator mends it and waits for the note to go. Default 30,000. */
  readonly againMs?: number
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

const severities: readonly TopicSeverity[] = ['danger', 'notice']

/**
 * Looks at the topics when started and every few minutes, in the background: it never delays or fails what it runs beside.
 * What is dangerous is warned of when it is first seen, noted in the readiness for as long as it is there, and said to be
 * put right when it is gone. A look that fails is noted too, and what was seen before it is still the best that is known.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions
  readonly #telemetry: Telemetry
  readonly #clock: Clock
  readonly #gauge: Gauge
  #seen: ReadonlyMap<string, TopicFinding> = new Map()
  #failure: string | undefined
  #next: Cancel | undefined
  #closed = false

  constructor(options: TopicWatchOptions) {
    this.#options = options
    this.#telemetry = options.telemetry ?? noTelemetry
    this.#clock = options.clock ?? systemClock
    this.#gauge = this.#telemetry.metrics.gauge({
      name: 'registry_relay_topic_findings',
      help: 'What is not as it should be in the topics that are used, as of the last look.',
      labels: ['topic', 'severity'],
    })
  }

  start(): void {
    this.#next ??= this.#clock.soon(() => void this.#look())
  }

  /**
   * Always ready: a topic with a dangerous setting takes events, and to refuse them would lose them for certain. Before the
   * first look ends there is no reason: nothing is known to be wrong.
   */
  readiness(): { readonly ready: true; readonly reason?: string } {
    const dangers = [...this.#seen.values()].filter(({ severity }) => severity === 'danger')
    const texts = dangers.map(({ topic, setting, found }) => `${topic}: ${setting} is ${found}`)
    const reasons = [
      ...(this.#failure === undefined ? [] : [`Kafka could not be asked about the topics: ${this.#failure}`]),
      ...(texts.length === 0 ? [] : [`dangerous: ${texts.join('; ')}; see \`registry-relay topics plan\``]),
    ]
    return reasons.length === 0 ? { ready: true } : { ready: true, reason: reasons.join('; ') }
  }

  /** A look under way is not waited for; nothing comes of it any more. Idempotent. */
  close(): void {
    this.#closed = true
    this.#next?.()
  }

  async #look(): Promise<void> {
    const { everyMs = 300_000, againMs = 30_000, look } = this.#options
    let pauseMs = everyMs
    try {
      const findings = await look()
      if (this.#closed) return
      this.#answered()
      this.#compare(findings)
      if (findings.length > 0) pauseMs = againMs
    } catch (thrown) {
      if (this.#closed) return
      pauseMs = againMs
      this.#failed(toError(thrown))
    }
    this.#next = this.#clock.after(pauseMs, () => void this.#look())
  }

  #compare(findings: readonly TopicFinding[]): void {
    const { logger } = this.#telemetry
    const now = new Map(findings.map((finding) => [keyOf(finding), finding]))
    for (const [key, { topic, setting, found, wanted, severity, why, action }] of now) {
      if (this.#seen.has(key)) continue
      const facts = { topic, setting, found, wanted, action }
      const text = `${topic}: ${setting} is ${found}: ${why}`
      if (severity === 'danger') logger.warn(facts, text)
      else logger.info(facts, text)
    }
    const still = new Set(findings.map(({ topic, setting }) => `${topic} ${setting}`))
    for (const { topic, setting } of this.#seen.values()) {
      if (!still.has(`${topic} ${setting}`))
        logger.info({ topic, setting }, `${topic}: ${setting} was put right`)
    }
    this.#seen = now
    for (const topic of this.#options.topics) {
      for (const severity of severities) {
        const count = findings.filter((one) => one.topic === topic && one.severity === severity).length
        this.#gauge.set(count, { topic, severity })
      }
    }
  }

  /** Without traffic nobody else would say that Kafka is away. Once: the reason of now is in the readiness. */
  #failed({ message }: Error): void {
    if (this.#failure === undefined) {
      const { topics } = this.#options
      this.#telemetry.logger.warn(
        { topics, reason: message },
        'Kafka could not be asked about the topics, trying on',
      )
    }
    this.#failure = message
  }

  #answered(): void {
    if (this.#failure === undefined) return
    this.#failure = undefined
    this.#telemetry.logger.info({ topics: this.#options.topics }, 'Kafka answers about the topics again')
  }
}

function keyOf({ topic, setting, found, wanted, severity }: TopicFinding): string {
  return [topic, setting, found, wanted, severity].join(' ')
}
