/**
 * One table of everything that can go wrong in a way a caller can act on.
 * `retriable`: the same call may succeed later, unchanged. Terminal is explicit; retriable is the default.
 */
export const errorCodes = {
  SINK_CLOSED: { retriable: false, action: 'Stop writing to this sink: it was closed and stays closed.' },
  NOT_AN_ENVELOPE: {
    retriable: false,
    action: 'Send a JSON object with an "events" array, as a registry does.',
  },
  EVENT_INVALID: {
    retriable: false,
    action: 'Correct the field that the message names; its type is not the one of the notifications format.',
  },
  TOO_LARGE: { retriable: false, action: 'Raise the limit that the message names, or send less.' },
  OVER_BUDGET: {
    retriable: true,
    action: 'Slow down and try again: the bytes waiting for Kafka are at their limit.',
  },
  QUEUE_FULL: {
    retriable: true,
    action: 'Slow down and try again, or raise the limit of the queue that the message names.',
  },
  SPOOL_FULL: {
    retriable: true,
    action:
      'Slow down and try again: free disk space or raise the limit of the spool, or see why Kafka takes nothing.',
  },
  SPOOL_FAILED: {
    retriable: false,
    action:
      'Check the disk and its file system (kernel log), then start the relay again; what was acknowledged is kept.',
  },
  SPOOL_LOCKED: {
    retriable: false,
    action: 'Stop the process that the message names, or give each process its own spool folder.',
  },
  SPOOL_FOLDER: {
    retriable: false,
    action:
      'Give the relay a real folder of its own user, mode 0700, on a local disk that it may write to; no symbolic links.',
  },
  SPOOL_VERSION: {
    retriable: false,
    action:
      'Start the version that wrote the spool and let it deliver what is in there, or give this one another folder.',
  },
  DEADLINE_EXCEEDED: { retriable: true, action: 'Try again; see /readyz for what was waited for.' },
  KAFKA_UNAVAILABLE: {
    retriable: true,
    action: 'Check that the brokers run and can be reached at the addresses given.',
  },
  KAFKA_CONFIGURATION: {
    retriable: true,
    action: 'Check topic, credentials and ACLs: it works as soon as they are right.',
  },
  KAFKA_CLIENT_CHANGED: {
    retriable: false,
    action: 'Install the exact version of kafkajs that registry-relay names in its package.json.',
  },
  LEADER_MOVED: { retriable: true, action: 'None: the batch is sent again to the new leader.' },
  RECORD_REJECTED: {
    retriable: false,
    action: 'Look at the reason given by the broker; usually max.message.bytes of the topic is too small.',
  },
  SCHEMA_REGISTRY_UNAVAILABLE: {
    retriable: true,
    action: 'Check that the schema registry runs at the URL given.',
  },
  SCHEMA_REGISTRY_REFUSED: {
    retriable: true,
    action: 'Check the credentials for the schema registry, and what it permits them to do.',
  },
  SCHEMA_NOT_REGISTERED: {
    retriable: true,
    action: 'Register the schema, or set schemaRegistry.mode to "register" where that is allowed.',
  },
  SCHEMA_INCOMPATIBLE: {
    retriable: false,
    action: 'Compare the schema with the versions under its subject.',
  },
  SCHEMA_UNKNOWN: {
    retriable: true,
    action: 'The schema registry does not know this id: check that it is the right one.',
  },
  RECORD_UNDECODABLE: {
    retriable: false,
    action: 'The bytes are not a record of this relay: see the dead letters.',
  },
  DELIVERY_FAILED: {
    retriable: true,
    action: 'Look at the status or error of the endpoint; delivery goes on.',
  },
  DELIVERY_REFUSED: {
    retriable: false,
    action: 'The endpoint will never take this event: look at the status, and at what it expects.',
  },
  ENDPOINT_MISCONFIGURED: {
    retriable: true,
    action:
      'Check the URL, the credentials and the permissions of the endpoint that the message names; delivery goes on slowly until then.',
  },
  ENDPOINT_GONE: {
    retriable: false,
    action:
      'The endpoint answered 410 Gone and gets nothing more: take it out of the configuration, or correct its URL, and start again.',
  },
  COMMIT_METADATA_TOO_LARGE: {
    retriable: true,
    action:
      'None: the offset is committed without it. Raise offset.metadata.max.bytes of the brokers to 4096.',
  },
  CANNOT_LISTEN: {
    retriable: true,
    action: 'Free the address and port that the message names, or choose others.',
  },
  CONFIG_INVALID: { retriable: false, action: 'Correct the configuration at the place named.' },
  REAL_PARTS_MISSING: {
    retriable: false,
    action: 'Install Docker, or Java 17 or later with Maven, or give the addresses of running servers.',
  },
  REAL_PARTS_FAILED: {
    retriable: true,
    action: 'Read the last lines of the server that are shown with this error.',
  },
} as const

export type ErrorCode = keyof typeof errorCodes

export interface RelayErrorOptions {
  readonly cause?: unknown
  /** What a program may want to know: statuses, offsets, limits. Never a secret. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Base of every error that leaves a public call of this package. */
export class RelayError extends Error {
  override readonly name: string = 'RelayError'
  readonly code: ErrorCode
  readonly retriable: boolean
  readonly facts: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: RelayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = errorCodes[code].retriable
    this.facts = options.facts ?? {}
  }
}

/** True for our errors, also when another copy of this package made them. */
export function isRelayError(value: unknown, code?: ErrorCode): value is RelayError {
  if (!(value instanceof Error) || !('code' in value) || !('retriable' in value)) return false
  return code === undefined ? String(value.code) in errorCodes : value.code === code
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
