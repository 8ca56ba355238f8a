import type { Problem } from './problem-log.ts'
import type { PartState } from './readiness.ts'
import type { Rate } from './throughput.ts'

/**
 * Everything that the status page shows, as JSON under `/status`. Made of the metrics and the readiness of this process; what
 * a process does not do (a bridge takes no notifications) is left out. Counts are since the start of the process, times
 * ISO 8601, durations seconds.
 */
export interface Status {
  readonly at: string
  readonly service: ServiceStatus
  readonly ready: boolean
  readonly parts: Readonly<Record<string, PartState>>
  readonly throughput: ThroughputStatus
  readonly gateway?: GatewayStatus
  readonly spool?: SpoolStatus
  readonly kafka?: KafkaStatus
  readonly bridge?: BridgeStatus
  /** Newest first. */
  readonly problems: readonly Problem[]
  readonly process: ProcessStatus
}

export interface ServiceStatus {
  readonly name: string
  readonly version: string
  readonly node: string
  readonly startedAt: string
  /** Where registries post to, where the configuration says it. */
  readonly notificationsUrl?: string
}

export interface ThroughputStatus {
  /** Width of a step of the histories. */
  readonly stepSeconds: number
  readonly steps: number
  /** Events read from notifications. */
  readonly received?: Rate
  /** Records that Kafka confirmed. */
  readonly published?: Rate
  /** Events that endpoints took. */
  readonly delivered?: Rate
}

export interface GatewayStatus {
  readonly inFlightRequests: number
  readonly received: number
  readonly quarantined: number
  readonly duplicates: number
  /** By the ignore rules. */
  readonly filtered: number
  /** Not acknowledged: their registries send them again. */
  readonly refused: number
  /** Requests that were turned away unread: credentials, path, method, content type or encoding. */
  readonly notLetIn: number
}

export interface SpoolStatus {
  readonly heldBytes: number
  readonly limitBytes: number
  /** Acknowledged, and not yet in Kafka. */
  readonly waiting: number
  readonly oldestSeconds: number
}

export interface KafkaStatus {
  /** Accepted and not yet confirmed. */
  readonly buffered: number
  readonly oldestSeconds: number
}

export interface BridgeStatus {
  /** Records behind the ends of the topics, over all endpoints; not there while that of one is not known. */
  readonly lag?: number
  readonly oldestSeconds: number
  readonly deadLetters: number
  readonly endpoints: readonly EndpointStatus[]
}

/**
 * `closed`: works; `failing`: is sent everything, and takes nothing; `open`: is not sent anything; `half_open`: a probe is
 * under way; `gone`: answered 410.
 */
export type EndpointState = 'closed' | 'failing' | 'open' | 'half_open' | 'gone'

export interface EndpointStatus {
  readonly name: string
  readonly state: EndpointState
  readonly inFlight: number
  readonly delivered: number
  /** Attempts that failed and are made again. */
  readonly failedAttempts: number
  readonly deadLetters: number
  /** Records that it does not want. */
  readonly filtered: number
  /** Not there while a bridge of it is no member of its group, as without Kafka: nobody knows it then. */
  readonly lag?: number
  /** Age of the oldest event in hand that is not delivered; 0 where there is none. */
  readonly oldestSeconds: number
  readonly lastProblem?: Problem
}

export interface ProcessStatus {
  /** The longest of about the last minute. */
  readonly eventLoopDelaySeconds?: number
  /** Of the whole process, as the system sees it. */
  readonly memoryBytes: number
  readonly heapBytes: number
}
