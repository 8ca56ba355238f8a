/**
 * Everything of the notifications model that needs no Kafka: events and the Envelope codec, sinks, endpoints, listeners.
 *
 * @module registry-relay
 */
export { type Cancel, type Clock, type Random, systemClock, systemRandom } from './clock.ts'
export {
  type NotificationsBlock,
  type NotificationsEndpoint,
  type ReadNotifications,
  readNotifications,
} from './config/notifications-block.ts'
export {
  type ErrorCode,
  type ErrorDescription,
  errorCodes,
  isRelayError,
  RelayError,
  type RelayErrorOptions,
} from './errors.ts'
export { type EventAction, eventActions, renameTypes } from './event/actions.ts'
export { type Artifact, artifact } from './event/artifact.ts'
export {
  type EnvelopeLimits,
  type ReadEnvelope,
  type ReceivedEvent,
  type RejectedElement,
  readEnvelope,
} from './event/envelope.ts'
export { decodeEnvelope } from './event/envelope-decoder.ts'
export { encodeEnvelope } from './event/envelope-encoder.ts'
export type {
  ActorRecord,
  ByteCount,
  Descriptor,
  Envelope,
  Event,
  Platform,
  Rename,
  RenameType,
  RequestRecord,
  SourceRecord,
  Target,
} from './event/event.ts'
export { glob } from './event/glob.ts'
export { goJson, type MetaValue } from './event/go-json.ts'
export { type IgnoreRules, ignoreFilter, ignores } from './event/ignore-rules.ts'
export type { MatchRules } from './event/match-rules.ts'
export {
  eventsMediaTypeV1,
  eventsMediaTypeV2,
  isEventsMediaType,
  layerMediaType,
  octetStreamMediaType,
} from './event/media-types.ts'
export { mediaTypeOf, type Profile, profiles } from './event/profile.ts'
export {
  compileRedaction,
  type Redacted,
  type RedactionAction,
  type RedactionPolicy,
  type RedactionRule,
  recommendedRedaction,
} from './event/redaction.ts'
export type { RepositoryRules } from './event/repository-rules.ts'
export type { AddressRules } from './http/address-rules.ts'
export type { ConnectionOptions, ProxyOptions, TlsOptions } from './http/connection-options.ts'
export type { Deliverer, DeliveryReceipt, DeliveryRequest } from './http/deliverer.ts'
export { type DeliveryOptions, HttpDelivery } from './http/delivery.ts'
export { Endpoint, type EndpointOptions } from './http/endpoint.ts'
export {
  type EndpointConfig,
  type EndpointsBlock,
  endpointsFromNotifications,
  type NamedEndpoint,
} from './http/endpoint-config.ts'
export type { EndpointMetrics } from './http/endpoint-metrics.ts'
export type { EndpointVariables } from './http/endpoint-variables.ts'
export {
  type HttpReceipt,
  HttpSink,
  type HttpSinkObserver,
  type HttpSinkOptions,
  permanentStatuses,
} from './http/http-sink.ts'
export type { HeaderValues } from './http/request-headers.ts'
export { type BridgeOptions, newBridge } from './listener/bridge.ts'
export type { BridgeRegistry } from './listener/bridge-traits.ts'
export { type CreateEventOptions, createEvent } from './listener/create-event.ts'
export type { IncomingRequest } from './listener/incoming-request.ts'
export { type Listened, type ListenOptions, listen } from './listener/listen.ts'
export type { BlobListener, Listener, ManifestListener, RepoListener } from './listener/listener.ts'
export type {
  BlobMeta,
  BlobStore,
  BlobWriter,
  CallOptions,
  CreateOptions,
  Manifest,
  ManifestOptions,
  ManifestService,
  MountedBlob,
  Repository,
  RepositoryRemover,
  TagService,
} from './listener/repository.ts'
export { newRequestRecord, type RequestRecordOptions } from './listener/request-record.ts'
export { newSourceRecord, type SourceRecordOptions } from './listener/source-record.ts'
export { type TrustedProxies, trustedProxies } from './listener/trusted-proxies.ts'
export { newURLBuilder, type URLBuilder, type URLBuilderOptions } from './listener/url-builder.ts'
export { Breaker, type BreakerOptions } from './sink/breaker.ts'
export { Broadcaster, type BroadcasterObserver, type BroadcasterOptions } from './sink/broadcaster.ts'
export { EventQueue, type EventQueueObserver, type EventQueueOptions } from './sink/event-queue.ts'
export { Exponential, type ExponentialOptions } from './sink/exponential.ts'
export { FallbackSink, type FallbackSinkOptions } from './sink/fallback-sink.ts'
export { FilterSink } from './sink/filter-sink.ts'
export type { WhenFull } from './sink/lane.ts'
export type {
  DeliveredObserver,
  DivertObserver,
  DropObserver,
  DropReason,
  EgressObserver,
  ErrorObserver,
  FailureObserver,
  IngressObserver,
  LostObserver,
  RetryObserver,
  SuccessObserver,
} from './sink/observe.ts'
export { pipeline, type Stage } from './sink/pipeline.ts'
export {
  BudgetedRetry,
  type BudgetedRetryOptions,
  RetryBudget,
  type RetryBudgetOptions,
} from './sink/retry-budget.ts'
export type { FailedAttempt, RetryStrategy } from './sink/retry-strategy.ts'
export { RetryingSink, type RetryingSinkObserver, type RetryingSinkOptions } from './sink/retrying-sink.ts'
export { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from './sink/sink.ts'
export {
  type Counter,
  type Facts,
  type Gauge,
  type Histogram,
  type Labels,
  type Logger,
  type MetricSpec,
  type Metrics,
  noTelemetry,
  type SpanAttributes,
  type SpanStart,
  type Telemetry,
  type TraceContext,
  type Tracer,
  type TraceSpan,
} from './telemetry.ts'
