import type { SpanAttributes } from '../telemetry.ts'
import type { Event } from './event.ts'

/** What a span says of an event; what the event does not say is left out. */
export function eventAttributes({ id, action, target }: Event): SpanAttributes {
  return {
    ...(id ? { 'messaging.message.id': id } : {}),
    ...(action ? { 'registry_relay.action': action } : {}),
    ...(target?.repository ? { 'registry_relay.repository': target.repository } : {}),
  }
}
