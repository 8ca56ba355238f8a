import { Figures, type MetricSource } from './figures.ts'
import { eventLoopDelay } from './metrics.ts'
import type { BridgeStatus, EndpointState, GatewayStatus, KafkaStatus, SpoolStatus } from './status.ts'
import type { EndpointFigures } from './status-endpoint.ts'

/** The metrics that the status page is made of. The rooms that count them know nothing of it. */
const metric = {
  received: 'registry_relay_gateway_events_received_total',
  refused: 'registry_relay_gateway_events_refused_total',
  quarantined: 'registry_relay_gateway_quarantined_total',
  duplicates: 'registry_relay_gateway_events_duplicate_total',
  ignored: 'registry_relay_gateway_events_ignored_total',
  rejected: 'registry_relay_gateway_rejected_total',
  requests: 'registry_relay_gateway_in_flight_requests',
  spoolHeld: 'registry_relay_spool_held_bytes',
  spoolLimit: 'registry_relay_spool_limit_bytes',
  spoolWaiting: 'registry_relay_spool_unacked_records',
  spoolOldest: 'registry_relay_spool_oldest_age_seconds',
  published: 'registry_relay_kafka_produced_records_total',
  buffered: 'registry_relay_kafka_buffered_records',
  unconfirmed: 'registry_relay_kafka_oldest_unconfirmed_seconds',
  outcomes: 'registry_relay_bridge_records_total',
  attempts: 'registry_relay_bridge_attempts_total',
  retries: 'registry_relay_bridge_retries_total',
  inFlight: 'registry_relay_bridge_in_flight',
  lag: 'registry_relay_bridge_lag_records',
  undelivered: 'registry_relay_bridge_oldest_undelivered_seconds',
  endpointState: 'registry_relay_endpoint_state',
  eventLoopDelay: eventLoopDelay.name,
} as const

const all = Object.values(metric)
const delivered = { outcome: 'delivered' } as const
/** Why a request is turned away at the door, whatever it brings: nothing of it is an event that was refused. */
const doorReasons = [
  'unauthorized',
  'not_found',
  'method_not_allowed',
  'unsupported_media_type',
  'unsupported_encoding',
] as const
/** A refusal is about the event: the endpoint works. */
const answeredVerdicts = ['delivered', 'refused'] as const
const failedVerdicts = ['retry', 'misconfigured'] as const
const deadLetter = { outcome: 'dead_letter' } as const

/** Everything of the page that the metrics say. What this process does not count is left out. */
export interface StatusFigures {
  readonly gateway?: GatewayStatus
  readonly spool?: SpoolStatus
  readonly kafka?: KafkaStatus
  readonly eventLoopDelaySeconds?: number
  readonly bridge?: Omit<BridgeStatus, 'lag' | 'endpoints'> & {
    readonly endpoints: readonly EndpointFigures[]
  }
}

export async function statusFigures(source: MetricSource): Promise<StatusFigures> {
  const figures = await Figures.read(source, all)
  return {
    ...(figures.has(metric.received) ? { gateway: gatewayOf(figures) } : {}),
    ...(figures.has(metric.spoolLimit) ? { spool: spoolOf(figures) } : {}),
    ...(figures.has(metric.published) ? { kafka: kafkaOf(figures) } : {}),
    ...(figures.has(metric.eventLoopDelay)
      ? { eventLoopDelaySeconds: figures.max(metric.eventLoopDelay, { stat: 'max' }) }
      : {}),
    ...(figures.has(metric.outcomes) ? { bridge: bridgeOf(figures) } : {}),
  }
}

/** The totals behind the rates. */
export interface Totals {
  readonly received: number | undefined
  readonly published: number | undefined
  readonly delivered: number | undefined
}

export async function totals(source: MetricSource): Promise<Totals> {
  const { received, published, outcomes } = metric
  const figures = await Figures.read(source, [received, published, outcomes])
  return {
    received: figures.has(received) ? figures.sum(received) : undefined,
    published: figures.has(published) ? figures.sum(published) : undefined,
    delivered: figures.has(outcomes) ? figures.sum(outcomes, delivered) : undefined,
  }
}

function gatewayOf(figures: Figures): GatewayStatus {
  return {
    inFlightRequests: figures.sum(metric.requests),
    received: figures.sum(metric.received),
    quarantined: figures.sum(metric.quarantined),
    duplicates: figures.sum(metric.duplicates),
    filtered: figures.sum(metric.ignored),
    refused: figures.sum(metric.refused),
    notLetIn: doorReasons.reduce((sum, reason) => sum + figures.sum(metric.rejected, { reason }), 0),
  }
}

function spoolOf(figures: Figures): SpoolStatus {
  return {
    heldBytes: figures.sum(metric.spoolHeld),
    limitBytes: figures.sum(metric.spoolLimit),
    waiting: figures.sum(metric.spoolWaiting),
    oldestSeconds: figures.max(metric.spoolOldest),
  }
}

function kafkaOf(figures: Figures): KafkaStatus {
  return { buffered: figures.sum(metric.buffered), oldestSeconds: figures.max(metric.unconfirmed) }
}

function bridgeOf(figures: Figures): NonNullable<StatusFigures['bridge']> {
  return {
    oldestSeconds: figures.max(metric.undelivered),
    deadLetters: figures.sum(metric.outcomes, deadLetter),
    endpoints: [...figures.by('endpoint')].flatMap(([name, own]) => endpointOf(name, own)),
  }
}

/** None for one that was taken out of the configuration: it is in no state any more. */
function endpointOf(name: string, figures: Figures): EndpointFigures[] {
  const [held] = figures.holding(metric.endpointState)
  if (held === undefined) return []
  return [
    {
      name,
      state: held['state'] as EndpointState,
      inFlight: figures.sum(metric.inFlight),
      delivered: figures.sum(metric.outcomes, delivered),
      failedAttempts: figures.sum(metric.retries),
      deadLetters: figures.sum(metric.outcomes, deadLetter),
      filtered: figures.sum(metric.outcomes, { outcome: 'filtered' }),
      lag: figures.sum(metric.lag),
      oldestSeconds: figures.max(metric.undelivered),
      groups: [...figures.by('group').keys()],
      onlyFailures: attempts(figures, failedVerdicts) > 0 && attempts(figures, answeredVerdicts) === 0,
    },
  ]
}

function attempts(figures: Figures, verdicts: readonly string[]): number {
  return verdicts.reduce((sum, verdict) => sum + figures.sum(metric.attempts, { verdict }), 0)
}
