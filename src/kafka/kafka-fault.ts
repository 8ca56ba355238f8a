import { isRelayError, RelayError } from '../errors.ts'
import { classify, isTlsFault, rootCause } from './classify.ts'

/**
 * An error for a log line. What the client says of brokers becomes KAFKA_UNAVAILABLE or KAFKA_CONFIGURATION: that a broker is
 * away is nothing that a stack explains. Everything else, a defect for instance, stays what it is.
 */
export function kafkaFault(error: unknown): Error {
  if (isRelayError(error)) return error
  const root = rootCause(error)
  if (isRelayError(root)) return root
  const { code } = root as Error & { readonly code?: unknown }
  if (!root.name.startsWith('KafkaJS') && !isTlsFault(code)) return root
  return new RelayError(kafkaCode(root), root.message, { cause: root })
}

/** Whether somebody must do something about what the client says, or it may pass. */
export function kafkaCode(error: unknown): 'KAFKA_CONFIGURATION' | 'KAFKA_UNAVAILABLE' {
  return classify(error) === 'configuration' ? 'KAFKA_CONFIGURATION' : 'KAFKA_UNAVAILABLE'
}
