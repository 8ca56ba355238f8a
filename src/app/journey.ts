import { createHash } from 'node:crypto'
import { readEnvelope } from '../event/envelope.ts'

/** A notification at the door of the gateway, and what became of it at the far end. */
export interface Travelled {
  readonly id: string
  readonly repository: string
  readonly action: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly schemaId: number
  /** The receiver got the same bytes and the same media type as the gateway. */
  readonly identical: boolean
  /** From the arrival of the POST at the gateway to the 2xx of the receiver. */
  readonly latencyMs: number
  /** Size of the Envelope in bytes. */
  readonly bytes: number
}

/** Where the bridge found an event that it has delivered. */
export interface DeliveredAt {
  readonly id: string | undefined
  readonly repository: string | undefined
  readonly action: string | undefined
  /** The Envelope as it was sent. */
  readonly body: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly schemaId: number
}

interface Departure {
  readonly text: string
  readonly contentType: string | undefined
  readonly at: number
}

interface Arrival {
  readonly body: Buffer
  readonly contentType: string | undefined
}

/**
 * Follows events from the gateway's door to the receiver's, by what can be seen at both ends, so that "byte-identical"
 * is said of bytes that really travelled. An event without an id is followed by its text.
 */
export class Journeys {
  readonly #departures = new Map<string, Departure>()
  readonly #arrivals = new Map<string, Arrival>()

  /** A body came to the gateway. */
  departed(body: Buffer, contentType: string | undefined, at: number): void {
    for (const { event, envelopeText } of readEnvelope(body).events) {
      const key = event.id ?? digest(envelopeText)
      // A registry posts an event again until it gets its 2xx: latency counts from the first time.
      if (!this.#departures.has(key)) this.#departures.set(key, { text: envelopeText, contentType, at })
    }
  }

  /** A body came to the receiver. `id` is its webhook-id. */
  arrived(id: string | undefined, arrival: Arrival): void {
    this.#arrivals.set(id ?? digest(arrival.body), arrival)
  }

  /** The bridge has its 2xx. The second copy of an event has no departure left: it answers undefined. */
  delivered(delivery: DeliveredAt, at: number): Travelled | undefined {
    const key = delivery.id ?? digest(delivery.body)
    const departure = this.#departures.get(key)
    const arrival = this.#arrivals.get(key)
    this.#departures.delete(key)
    this.#arrivals.delete(key)
    if (departure === undefined || arrival === undefined) return undefined
    return {
      id: delivery.id ?? '',
      repository: delivery.repository ?? '',
      action: delivery.action ?? '',
      topic: delivery.topic,
      partition: delivery.partition,
      offset: delivery.offset,
      schemaId: delivery.schemaId,
      identical:
        arrival.body.equals(Buffer.from(departure.text)) && arrival.contentType === departure.contentType,
      latencyMs: Math.round((at - departure.at) * 10) / 10,
      bytes: arrival.body.length,
    }
  }
}

function digest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}
