import { isRelayError, toError } from '../errors.ts'

/**
 * What to do about a request that failed. All but `duplicate` leave the batches unconfirmed.
 *
 * - `retry`: send the same batches again, each alone and unchanged.
 * - `leader-moved`: nothing was sent; send to the broker that leads now.
 * - `split`: the broker will never take this batch as it is; find the record by halving.
 * - `rebuild`: the producer's sequence is of no use any more; go on with a new producer.
 * - `configuration`: somebody must do something (rights, credentials, a missing topic); try on slowly, be not ready.
 * - `duplicate`: the broker has the batch from an earlier attempt.
 */
export type FailureClass = 'retry' | 'leader-moved' | 'split' | 'rebuild' | 'configuration' | 'duplicate'

/** By the names that Kafka's protocol gives its error codes. */
const byType: Readonly<Record<string, FailureClass>> = {
  MESSAGE_TOO_LARGE: 'split',
  RECORD_LIST_TOO_LARGE: 'split',
  INVALID_TIMESTAMP: 'split',
  INVALID_RECORD: 'split',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'rebuild',
  INVALID_PRODUCER_EPOCH: 'rebuild',
  INVALID_PRODUCER_ID_MAPPING: 'rebuild',
  UNKNOWN_PRODUCER_ID: 'rebuild',
  DUPLICATE_SEQUENCE_NUMBER: 'duplicate',
  UNKNOWN_TOPIC_OR_PARTITION: 'configuration',
  INVALID_TOPIC_EXCEPTION: 'configuration',
  INVALID_REQUIRED_ACKS: 'configuration',
  TOPIC_AUTHORIZATION_FAILED: 'configuration',
  CLUSTER_AUTHORIZATION_FAILED: 'configuration',
  UNSUPPORTED_SASL_MECHANISM: 'configuration',
  UNSUPPORTED_VERSION: 'configuration',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'configuration',
  UNSUPPORTED_COMPRESSION_TYPE: 'configuration',
  POLICY_VIOLATION: 'configuration',
  SECURITY_DISABLED: 'configuration',
  SASL_AUTHENTICATION_FAILED: 'configuration',
  ILLEGAL_SASL_STATE: 'configuration',
}

/** By the names of the client's own errors. */
const byName: Readonly<Record<string, FailureClass>> = {
  KafkaJSSASLAuthenticationError: 'configuration',
  KafkaJSServerDoesNotSupportApiKey: 'configuration',
  KafkaJSNotImplemented: 'configuration',
}

/** Codes of `node:tls` that no repetition heals. */
const tlsCode =
  /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/

/** The certificate, or the way of speaking TLS, is wrong. */
export function isTlsFault(code: unknown): code is string {
  return typeof code === 'string' && tlsCode.test(code)
}

/** PRODUCER_FENCED, which is younger than the client and comes as an unknown code. */
const fenced = 'Unknown error code 90'

/**
 * By the root cause: kafkajs wraps what happened in errors that say no more than that it did not try again.
 * What nobody knows is retried, because giving an event up needs a reason and trying again needs none.
 */
export function classify(error: unknown): FailureClass {
  const root = rootCause(error)
  if (isRelayError(root, 'LEADER_MOVED')) return 'leader-moved'
  const { type, code } = root as Error & { readonly type?: unknown; readonly code?: unknown }
  if (typeof type === 'string' && Object.hasOwn(byType, type)) return byType[type] as FailureClass
  if (Object.hasOwn(byName, root.name)) return byName[root.name] as FailureClass
  if (isTlsFault(code)) return 'configuration'
  if (root.message.includes(fenced)) return 'rebuild'
  return 'retry'
}

/** The innermost `cause`; the error itself if it has none. */
export function rootCause(error: unknown): Error {
  let root = toError(error)
  // Bounded, because a chain of causes can be a ring.
  for (let depth = 0; depth < 10 && root.cause instanceof Error; depth++) root = root.cause
  return root
}

/** The name that Kafka's protocol, the operating system or the client has for it. */
export function reasonOf(root: Error): string {
  const { type, code } = root as Error & { readonly type?: unknown; readonly code?: unknown }
  if (typeof type === 'string') return type
  return typeof code === 'string' ? code : root.name
}
