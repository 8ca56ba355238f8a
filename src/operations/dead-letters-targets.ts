import type { EventDecoder } from '../avro/event-decoder.ts'
import type { Profile } from '../event/profile.ts'
import type { Deliverer } from '../http/deliverer.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import { sourceHeaders } from '../kafka/dead-letter-headers.ts'
import type { TopicWriter } from '../kafka/writer-port.ts'
import { deliveryRequest } from '../topic-bridge/delivery-request.ts'
import type { DeadLetter } from './dead-letters.ts'
import { decodeLetter } from './dead-letters-content.ts'
import type { RedriveTo } from './dead-letters-plan.ts'

/** Where dead letters are put back. */
export interface RedriveTarget {
  /** As it stands in a fate: `endpoint <name>` or `topic <name>`. */
  readonly name: string
  /** Resolved: it is there. One attempt, from 1. */
  send(letter: DeadLetter, record: ConsumedRecord, attempt: number): Promise<unknown>
}

export interface OpenedDeliverer {
  readonly deliverer: Deliverer
  close(): Promise<void>
}

export interface RedriveTargetsOptions {
  readonly writer: TopicWriter
  readonly decoder: Pick<EventDecoder, 'decode'>
  readonly endpoints: readonly { readonly name: string; readonly envelope: 'original' | Profile }[]
  readonly openDeliverer: (endpoint: string) => OpenedDeliverer
}

/** Makes targets, and closes what it had opened for them. */
export class RedriveTargets {
  readonly #to: RedriveTo
  readonly #options: RedriveTargetsOptions
  readonly #made = new Map<string, RedriveTarget>()
  readonly #opened: OpenedDeliverer[] = []

  constructor(to: RedriveTo, options: RedriveTargetsOptions) {
    this.#to = to
    this.#options = options
  }

  /** One for each name. */
  of(name: string): RedriveTarget {
    const target = this.#made.get(name) ?? this.#make(name)
    this.#made.set(name, target)
    return target
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((opened) => opened.close()))
  }

  #make(name: string): RedriveTarget {
    const { writer, decoder, endpoints, openDeliverer } = this.#options
    if (this.#to.kind === 'topic') return topicTarget(name, writer)
    const envelope = endpoints.find((one) => one.name === name)?.envelope ?? 'original'
    const opened = openDeliverer(name)
    this.#opened.push(opened)
    return endpointTarget(name, opened.deliverer, decoder, envelope === 'original' ? undefined : envelope)
  }
}

/** Posts the event as the bridge would have, under the same `webhook-id`, and goes on counting its attempts. */
function endpointTarget(
  name: string,
  deliverer: Deliverer,
  decoder: Pick<EventDecoder, 'decode'>,
  profile: Profile | undefined,
): RedriveTarget {
  return {
    name: `endpoint ${name}`,
    async send({ source, attempts = 0 }, record, attempt) {
      const decoded = await decodeLetter(decoder, record)
      const origin = { ...source, headers: record.headers }
      return deliverer.deliver(deliveryRequest(decoded, origin, attempts + attempt, profile))
    },
  }
}

/** Writes the record as it was: key, value, and the headers that it had before it was given up. */
function topicTarget(topic: string, writer: TopicWriter): RedriveTarget {
  return {
    name: `topic ${topic}`,
    send: (_letter, record) =>
      writer.write({ topic, key: record.key, value: record.value, headers: sourceHeaders(record) }),
  }
}
