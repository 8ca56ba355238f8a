/** What a code stands for. docs/errors.md is made of it. */
export interface ErrorDescription {
  /** The same call may succeed later, unchanged. */
  readonly retriable: boolean
  /** What has happened, for somebody who meets the code in a log. */
  readonly meaning: string
  /** What to do now. Shown below the message when a command ends. */
  readonly action: string
}

/**
 * One table of everything that can go wrong in a way a caller can act on. Terminal is explicit; retriable is the default.
 */
export const errorCodes = {
  SINK_CLOSED: {
    retriable: false,
    meaning: 'Something was written to a sink after its close began.',
    action:
      'Stop writing to this sink: it was closed and stays closed. What it had accepted before is not lost by that.',
  },
  NOT_AN_ENVELOPE: {
    retriable: false,
    meaning: 'A body is no notification: no JSON, or without a list of events.',
    action: 'Send a JSON object with an "events" array, as a registry does; see what posts to this URL.',
  },
  EVENT_INVALID: {
    retriable: false,
    meaning: 'A field of an event has a type or value that the notifications format does not have.',
    action: 'Correct the field that the message names where the event is made.',
  },
  TOO_LARGE: {
    retriable: false,
    meaning:
      'A body, event or record is larger than a limit that was set, and would be at every further attempt.',
    action: 'Raise the limit that the message names, or send less at once.',
  },
  OVER_BUDGET: {
    retriable: true,
    meaning: 'More is waiting in memory, for Kafka or for the disk, than may wait.',
    action:
      'Slow down and try again. If it stays so, see whether Kafka or the disk keeps up; /readyz says what is waited for.',
  },
  QUEUE_FULL: {
    retriable: true,
    meaning: 'A queue in memory is at its limit, because what is behind it is slower than what writes to it.',
    action: 'Slow down and try again, or raise the limit of the queue that the message names.',
  },
  SPOOL_FULL: {
    retriable: true,
    meaning:
      'The spool is at spool.maxBytes, or its disk has no space left. Registries get 503 and keep their events.',
    action:
      'See first why Kafka takes nothing (/readyz says it); until it does, free disk space or raise spool.maxBytes.',
  },
  SPOOL_FAILED: {
    retriable: false,
    meaning:
      'The disk of the spool did not write or read what it was told to. The gateway ends itself for it.',
    action:
      'Check the disk and its file system (kernel log), then start the relay again; what was acknowledged is kept.',
  },
  SPOOL_LOCKED: {
    retriable: false,
    meaning: 'Another process uses the same spool folder.',
    action: 'Stop the process that the message names, or give each process its own spool.folder.',
  },
  SPOOL_FOLDER: {
    retriable: false,
    meaning: 'The spool folder is not one that the relay can trust its events to.',
    action:
      'Give the relay a real folder of its own user, mode 0700, on a local disk that it may write to; no symbolic links.',
  },
  SPOOL_VERSION: {
    retriable: false,
    meaning: 'The spool was written by a version of the relay with another format.',
    action:
      'Start the version that wrote the spool and let it deliver what is in there, or give this one another spool.folder.',
  },
  DEADLINE_EXCEEDED: {
    retriable: true,
    meaning: 'Something was not done in the time that it had. Whether it was done later is not known.',
    action: 'Try again; the message, and /readyz of a service, say what was waited for.',
  },
  KAFKA_UNAVAILABLE: {
    retriable: true,
    meaning: 'Kafka, or the provider of its tokens, could not be reached or did not answer in time.',
    action:
      'Check that the brokers run and that kafka.brokers and the addresses they advertise can be reached from here, with TLS where they want it.',
  },
  KAFKA_CONFIGURATION: {
    retriable: true,
    meaning:
      'Kafka answers and refuses: a topic is missing, a login or a permission is wrong, a setting does not fit.',
    action: 'Check topic, credentials and ACLs, which the message names: it works as soon as they are right.',
  },
  KAFKA_CLIENT_CHANGED: {
    retriable: false,
    meaning: 'The installed kafkajs is not the version whose internals the relay was tested with.',
    action: 'Install the exact version of kafkajs that registry-relay names in its package.json.',
  },
  LEADER_MOVED: {
    retriable: true,
    meaning: 'A partition has another leader than the one that was written to.',
    action: 'None: the batch is sent again to the new leader.',
  },
  RECORD_REJECTED: {
    retriable: false,
    meaning: 'A broker refuses a record for what it is, and would refuse it again.',
    action: 'Look at the reason given by the broker; usually max.message.bytes of the topic is too small.',
  },
  SCHEMA_REGISTRY_UNAVAILABLE: {
    retriable: true,
    meaning: 'No server of the schema registry could be reached, or answered in time and with sense.',
    action:
      'Check that the schema registry runs at schemaRegistry.url, and that the URL has the path of its API.',
  },
  SCHEMA_REGISTRY_REFUSED: {
    retriable: true,
    meaning: 'The schema registry answers and refuses the request: 401 or 403.',
    action:
      'Check schemaRegistry.username and password, or the token, and what the registry permits them to do.',
  },
  SCHEMA_NOT_REGISTERED: {
    retriable: true,
    meaning: 'The subject does not have the schema that records are written with. Events wait until it does.',
    action:
      'Register it with registry-relay schema register, or set schemaRegistry.mode to "register" where that is allowed.',
  },
  SCHEMA_INCOMPATIBLE: {
    retriable: false,
    meaning: 'The schema registry does not take the schema: it is none, or breaks the rule of its subject.',
    action:
      'Compare it with the versions under its subject: registry-relay schema check names the fields, schema show the versions.',
  },
  SCHEMA_UNKNOWN: {
    retriable: true,
    meaning:
      'The schema registry does not know the id that a record was written with, or has another schema under it.',
    action:
      'Check that schemaRegistry.url is the registry whose ids are in the topic, and that no schema was deleted there.',
  },
  RECORD_UNDECODABLE: {
    retriable: false,
    meaning: 'The bytes of a record are none that this relay writes, or were damaged.',
    action:
      'See what else writes to the topic. The bridge keeps such records in topics.deadLetters: registry-relay dlq list says which.',
  },
  DELIVERY_FAILED: {
    retriable: true,
    meaning: 'An endpoint could not be reached, did not answer in time, or answered 408, 425, 429 or 5xx.',
    action: 'Look at the status or error of the endpoint in the message; delivery goes on by itself.',
  },
  DELIVERY_REFUSED: {
    retriable: false,
    meaning:
      'An endpoint answered 400, 413, 415 or 422: it will never take this event. The bridge keeps it among the dead letters.',
    action:
      'Look at the status, and at what the endpoint expects; then deliver the event again with registry-relay dlq redrive.',
  },
  ENDPOINT_MISCONFIGURED: {
    retriable: true,
    meaning:
      'An endpoint’s answer (3xx, 401, 403, 404 and such) or its address says that the set-up is wrong, whatever the event.',
    action:
      'Check the URL, the credentials and the permissions of the endpoint that the message names; delivery goes on slowly until then.',
  },
  ENDPOINT_GONE: {
    retriable: false,
    meaning: 'An endpoint answered 410 Gone and gets nothing more. Its events stay in the topic.',
    action:
      'Take the endpoint out of the configuration, or correct its URL; then reload it (SIGHUP) or start again.',
  },
  COMMIT_METADATA_TOO_LARGE: {
    retriable: true,
    meaning: 'The brokers take less beside an offset than the bridge has to remember there.',
    action:
      'None: the offset is committed without it, and a restart may repeat more. Raise offset.metadata.max.bytes of the brokers to 4096.',
  },
  CANNOT_LISTEN: {
    retriable: true,
    meaning: 'An address and port cannot be listened on: in use, not of this host, or not permitted.',
    action:
      'Free the address and port that the message names, or choose another by what stands behind them: an option, or a key, as --set management.port=9091.',
  },
  CONFIG_INVALID: {
    retriable: false,
    meaning:
      'The configuration, or an option that was passed to the library, cannot be used. Nothing was started, or changed, by it.',
    action: 'Correct the configuration at the place named; docs/configuration.md says what each key may be.',
  },
  REAL_PARTS_MISSING: {
    retriable: false,
    meaning:
      'There is nothing on this machine to start Kafka and a schema registry with, as demo and tests do.',
    action: 'Install Docker, or Java 17 or later with Maven, or give the addresses of running servers.',
  },
  REAL_PARTS_FAILED: {
    retriable: true,
    meaning:
      'Kafka or the schema registry that demo or a test started did not come up, or could not be fetched.',
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
