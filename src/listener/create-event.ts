import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import type { Event } from '../event/event.ts'

export interface CreateEventOptions {
  readonly clock?: Clock
  /** Default: a random UUID. An id must never come twice: receivers take the second event for a repetition. */
  readonly newId?: () => string
}

/**
 * A new event of that action: an id of its own, and the time. The time is UTC with as many digits of its milliseconds
 * as are needed (`2026-11-25T22:33:38.12Z`); a registry writes its local zone and nanoseconds, both are RFC 3339.
 */
export function createEvent(action: string, options: CreateEventOptions = {}): Event {
  const { clock = systemClock, newId = randomUUID } = options
  return { id: newId(), timestamp: timestamp(clock.now()), action }
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
}
