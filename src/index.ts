export { type Clock, type Random, systemClock, systemRandom } from './clock.ts'
export { type ErrorCode, errorCodes, isRelayError, RelayError } from './errors.ts'
export { type ReceivedEvent, readEnvelope } from './event/envelope.ts'
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
export { goJson, type MetaValue } from './event/go-json.ts'
export {
  eventsMediaTypeV1,
  eventsMediaTypeV2,
  isEventsMediaType,
  layerMediaType,
} from './event/media-types.ts'
export { mediaTypeOf, type Profile, profiles } from './event/profile.ts'
export type { Deliverer, DeliveryReceipt, DeliveryRequest } from './http/deliverer.ts'
export { type DeliveryOptions, HttpDelivery } from './http/delivery.ts'
export type { HeaderValues } from './http/request-headers.ts'
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
  type Telemetry,
} from './telemetry.ts'
