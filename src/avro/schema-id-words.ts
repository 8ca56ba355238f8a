import { isRelayError, type RelayError } from '../errors.ts'

/** The registry's own word on the schema; that an id of its leads elsewhere is not one, and passes. */
export function isRefusal(error: Error): error is RelayError {
  return isRelayError(error, 'SCHEMA_INCOMPATIBLE') && typeof error.facts['status'] === 'number'
}

/** There is no such id, or it is no event's. */
export function isDenial(error: unknown): boolean {
  return isRelayError(error, 'SCHEMA_UNKNOWN') || isRelayError(error, 'RECORD_UNDECODABLE')
}

/** For the label of the metric. */
export function outcomeOf(error: Error): string {
  if (isRelayError(error, 'SCHEMA_NOT_REGISTERED')) return 'not_registered'
  if (isRelayError(error, 'SCHEMA_INCOMPATIBLE')) return 'incompatible'
  return isRelayError(error, 'SCHEMA_REGISTRY_REFUSED') ? 'refused' : 'unavailable'
}
