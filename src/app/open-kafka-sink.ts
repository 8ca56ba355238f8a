import type { Event } from '../event/event.ts'
import type { Profile } from '../event/profile.ts'
import { KafkaSink } from '../kafka/kafka-sink.ts'
import type { RecordAck } from '../kafka/record-sink.ts'
import type { CloseOptions, Sink } from '../sink/sink.ts'
import { openPublishing, type PublishingOptions } from './publishing.ts'

export interface OpenKafkaSinkOptions extends PublishingOptions {
  /** Named in every record as where it came from. */
  readonly publisherId?: string
  /** Under which the events are delivered as JSON again. Default: the one that loses nothing, for each event. */
  readonly profile?: Profile
}

/** A {@link KafkaSink} that owns its connections. */
export interface OpenKafkaSink extends Sink<Event, readonly RecordAck[]> {
  /** Ready: connected to Kafka, and the id of the schema is known. */
  readiness(): { readonly ready: boolean; readonly reason?: string }
}

/**
 * A Sink of events into a Kafka topic, or with `routes` into several, with all that it needs: connects in the background, and
 * writes wait until Kafka and the schema registry answer (an AbortSignal is a write's deadline). `close` writes what was
 * accepted and closes all of it.
 *
 * @throws RelayError CONFIG_INVALID naming the option
 */
export function openKafkaSink(options: OpenKafkaSinkOptions): OpenKafkaSink {
  const { publisherId, profile } = options
  const publishing = openPublishing(options)
  const sink = new KafkaSink({
    ...publishing.sinkOptions,
    ...(publisherId === undefined ? {} : { publisherId }),
    ...(profile === undefined ? {} : { profile }),
  })
  void sink.start()
  let closing: Promise<void> | undefined
  const close = async (closeOptions?: CloseOptions): Promise<void> => {
    try {
      await sink.close(closeOptions)
    } finally {
      await publishing.close()
    }
  }
  return {
    write: (events, writeOptions) => sink.write(events, writeOptions),
    readiness() {
      const schema = publishing.readiness()
      if (!schema.ready) return schema
      const kafka = sink.readiness()
      return kafka.ready && kafka.reason === undefined ? schema : kafka
    },
    close(closeOptions) {
      closing ??= close(closeOptions)
      return closing
    },
  }
}
