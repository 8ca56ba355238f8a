import type { EventRecord } from '../avro/record.ts'

/** Where items go. */
export interface Topics {
  /** Each once. */
  readonly events: readonly string[]
  readonly rejected: string
  /** One of `events`, for the same record always the same. */
  topicOf(record: EventRecord): string
}

/** Of whoever has no routes: names say in logs and readiness what waits. */
export const oneTopic: Topics = { events: ['events'], rejected: 'rejected', topicOf: () => 'events' }
