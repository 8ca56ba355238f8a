import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { toError } from '../errors.ts'
import { readEnvelope } from '../event/envelope.ts'
import type { FarEnd } from '../operations/loadgen.ts'
import type { Arrival } from '../operations/loadgen-ledger.ts'
import { runTail } from '../operations/tail.ts'
import type { OnWait } from './answer-watch.ts'
import { eventTopics } from './event-topics.ts'
import { withTail } from './open-tail.ts'
import { Receiver } from './receiver.ts'

/** What a bridge posts: an HTTP service here, which an endpoint of its configuration points at. */
export class ReceiverEnd implements FarEnd {
  readonly #host: string
  readonly #port: number
  readonly #onListening: (url: string) => void
  #receiver: Receiver | undefined

  /** `port` 0 lets the system choose. */
  constructor(host: string, port: number, onListening: (url: string) => void) {
    this.#host = host
    this.#port = port
    this.#onListening = onListening
  }

  async open(onArrival: (arrival: Arrival) => void): Promise<void> {
    this.#receiver = new Receiver({
      host: this.#host,
      port: this.#port,
      setBy: '--receiver',
      onPost: ({ body }) => {
        for (const arrival of arrivalsOf(body)) onArrival(arrival)
      },
    })
    this.#onListening(await this.#receiver.start())
  }

  async close(): Promise<void> {
    await this.#receiver?.close()
  }
}

export interface TopicEndHooks {
  readonly onWait: OnWait
  /** Of a topic that was made anew, whose events are read from its beginning. */
  readonly onAnew: (topic: string) => void
}

/** What a gateway keeps: the topics of events of a configuration. */
export class TopicEnd implements FarEnd {
  readonly #config: Config
  readonly #hooks: TopicEndHooks
  readonly #closing = new AbortController()
  #ended: Promise<void> = Promise.resolve()

  constructor(config: Config, hooks: TopicEndHooks) {
    this.#config = config
    this.#hooks = hooks
  }

  async open(onArrival: (arrival: Arrival) => void, onFailure: (error: Error) => void): Promise<void> {
    const { kafka } = this.#config
    const { onWait, onAnew } = this.#hooks
    await new Promise<void>((resolve, reject) => {
      this.#ended = withTail(this.#config, onWait, (parts) =>
        runTail({
          ...parts,
          topics: eventTopics(this.#config),
          from: { kind: 'latest' },
          follow: true,
          wants: () => true,
          onRecord: ({ content }) => {
            if (!(content instanceof Error)) onArrival(content)
          },
          onStart: () => {},
          onLive: resolve,
          onAway: () => onWait(kafka.brokers),
          onAnew,
          onBack: () => {},
          clock: systemClock,
          signal: this.#closing.signal,
        }),
      ).catch((thrown: unknown) => {
        const error = toError(thrown)
        reject(error)
        onFailure(error)
      })
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#ended
  }
}

/** Somebody may point anything at the receiver; what is no Envelope is none of ours. */
function arrivalsOf(body: Buffer): readonly Arrival[] {
  try {
    return readEnvelope(body).events.map(({ event, envelopeText }) => ({ event, body: envelopeText }))
  } catch {
    return []
  }
}
