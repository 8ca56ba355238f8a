import { RelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import type { Profile } from '../event/profile.ts'
import { KafkaSink } from '../kafka/kafka-sink.ts'
import type { RecordAck } from '../kafka/record-sink.ts'
import type { CloseOptions, Sink, WriteOptions } from '../sink/sink.ts'
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
 * writes wait until Kafka and the schema registry answer, for ever where nobody sets them a deadline. `close` writes what was
 * accepted and closes all of it.
 *
 *     await sink.write([event], { signal: AbortSignal.timeout(10_000) })
 *
 * A write whose time is up like this rejects with DEADLINE_EXCEEDED: its message says what was waited for, its `cause` is
 * the reason of the signal. One that is aborted for another reason rejects with that.
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
  const write = async (
    events: readonly Event[],
    writeOptions: WriteOptions = {},
  ): Promise<readonly RecordAck[]> => {
    try {
      return await sink.write(events, writeOptions)
    } catch (error) {
      if (!isTimeOf(writeOptions.signal, error)) throw error
      const awaited = [publishing.readiness(), sink.readiness()].flatMap(({ ready, reason = [] }) =>
        ready ? [] : reason,
      )
      throw outOfTime(events.length, awaited, error)
    }
  }
  let closing: Promise<void> | undefined
  const close = async (closeOptions?: CloseOptions): Promise<void> => {
    try {
      await sink.close(closeOptions)
    } finally {
      await publishing.close()
    }
  }
  return {
    write,
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

/** Whether the error of a write says only that the time of its `AbortSignal.timeout` is up. */
function isTimeOf(signal: AbortSignal | undefined, error: unknown): boolean {
  return signal?.aborted === true && error === signal.reason && signal.reason?.name === 'TimeoutError'
}

function outOfTime(events: number, awaited: readonly string[], cause: unknown): RelayError {
  const why = awaited.length === 0 ? 'Kafka did not confirm it' : awaited.join('; ')
  return new RelayError('DEADLINE_EXCEEDED', `the write was not done in time: ${why}`, {
    cause,
    facts: { events, awaited },
  })
}
