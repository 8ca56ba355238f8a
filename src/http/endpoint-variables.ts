import type { EndpointSettings } from './endpoint-config.ts'
import type { EndpointMetrics } from './endpoint-metrics.ts'
import type { HeaderValues } from './request-headers.ts'

/** What a registry shows of an endpoint under `/debug/vars`, by the names that its dashboards know. */
export interface EndpointVariables {
  readonly name: string
  readonly url: string
  /** Names, and `[secret]` for each value; a registry shows the values. */
  readonly Headers: Readonly<Record<string, readonly string[]>> | null
  /** Nanoseconds, as all durations here. */
  readonly Timeout: number
  /** Only with the retries of Distribution. */
  readonly Threshold?: number
  /** Only with the retries of GitLab; -1 for no limit. */
  readonly MaxRetries?: number
  readonly Backoff: number
  /** Always null: they are among those of `Ignore`. */
  readonly IgnoredMediaTypes: null
  readonly Ignore: {
    readonly MediaTypes: readonly string[] | null
    readonly Actions: readonly string[] | null
  }
  readonly QueuePurgeTimeout: number
  readonly QueueSizeLimit: number
  readonly Metrics: {
    readonly Endpoint: string
    readonly Pending: number
    readonly Events: number
    readonly Successes: number
    readonly Failures: number
    readonly Errors: number
    readonly Statuses: Readonly<Record<string, number>>
    readonly Retries: number
    readonly Delivered: number
    readonly Dropped: number
    readonly Lost: number
  }
}

export interface DescribedEndpoint {
  readonly name: string
  readonly url: string
  readonly headers: HeaderValues
  readonly settings: EndpointSettings
  readonly metrics: EndpointMetrics
}

export function endpointVariables({
  name,
  url,
  headers,
  settings,
  metrics,
}: DescribedEndpoint): EndpointVariables {
  const { retry, ignore } = settings
  const masked = Object.entries(headers).map(
    ([header, value]) => [header, [value].flat().map(() => '[secret]')] as const,
  )
  return {
    name,
    url,
    Headers: masked.length === 0 ? null : Object.fromEntries(masked),
    Timeout: nanoseconds(settings.timeoutMs),
    ...('threshold' in retry
      ? { Threshold: retry.threshold }
      : { MaxRetries: retry.maxRetries === Number.POSITIVE_INFINITY ? -1 : retry.maxRetries }),
    Backoff: nanoseconds(settings.backoffMs),
    IgnoredMediaTypes: null,
    Ignore: { MediaTypes: orNull(ignore.mediaTypes), Actions: orNull(ignore.actions) },
    QueuePurgeTimeout: nanoseconds(settings.queuePurgeTimeoutMs),
    QueueSizeLimit: settings.queueSizeLimit,
    Metrics: {
      Endpoint: name,
      Pending: metrics.pending,
      Events: metrics.events,
      Successes: metrics.successes,
      Failures: metrics.failures,
      Errors: metrics.errors,
      Statuses: metrics.statuses,
      Retries: metrics.retries,
      Delivered: metrics.delivered,
      Dropped: metrics.dropped,
      Lost: metrics.lost,
    },
  }
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6)
}

function orNull(list: readonly string[] | undefined): readonly string[] | null {
  return list === undefined || list.length === 0 ? null : list
}
