/**
 * Events in Kafka: the Kafka Sink, a decoder for consumers of the topic, and the topic bridge.
 *
 * @module registry-relay/kafka
 */
export { type BridgeEndpoint, type BridgeEndpointOptions, openEndpoint } from './app/open-endpoint.ts'
export { type OpenKafkaSink, type OpenKafkaSinkOptions, openKafkaSink } from './app/open-kafka-sink.ts'
export {
  type OpenTopicBridge,
  type OpenTopicBridgeOptions,
  openTopicBridge,
} from './app/open-topic-bridge.ts'
export {
  type DecodedRecord,
  EventDecoder,
  type EventDecoderOptions,
  type SchemaSource,
} from './avro/event-decoder.ts'
export { type EventSchema, registryEventSchema, schemaFingerprint } from './avro/event-schema.ts'
export type { EventRecord } from './avro/record.ts'
export type { RegistryAuth, RegistryTls } from './avro/registry-http.ts'
export type { SchemaIdRegistry } from './avro/schema-id.ts'
export type {
  CachePlace,
  RememberedSchema,
  RememberedSchemas,
  SchemaIdCache,
} from './avro/schema-id-cache.ts'
export { SchemaIdFile } from './avro/schema-id-file.ts'
export {
  RegisteredSchemaIds,
  type RegisteredSchemaIdsOptions,
  type SchemaIds,
} from './avro/schema-ids.ts'
export {
  type CompatibilityCheck,
  type RegisteredVersion,
  SchemaRegistryClient,
  type SchemaRegistryOptions,
} from './avro/schema-registry.ts'
export type { IngestRecord } from './avro/stored-event.ts'
export { type SubjectStrategy, subjectOf } from './avro/subject.ts'
export type { AdminPort, TopicsReport } from './kafka/admin-port.ts'
export type { FailureClass } from './kafka/classify.ts'
export type {
  KafkaConnection,
  KafkaConnectionOptions,
  KafkaPassword,
  KafkaSasl,
  KafkaTls,
  KafkaToken,
} from './kafka/connection.ts'
export type {
  BatchHandler,
  CommittedOffset,
  ConsumedRecord,
  ConsumerPort,
  HeldPartition,
  LostRecords,
  PartitionCommit,
  RecordBatch,
  TopicPartition,
} from './kafka/consumer-port.ts'
export type { DeadLetterPlace, DeadLetterReason, DeadLetters } from './kafka/dead-letter-port.ts'
export { KafkaSink, type KafkaSinkOptions } from './kafka/kafka-sink.ts'
export { KafkaAdmin } from './kafka/kafkajs/admin.ts'
export { createKafka, type KafkaClient } from './kafka/kafkajs/client.ts'
export type { CodecName, Compression } from './kafka/kafkajs/codecs.ts'
export { KafkaConsumer, type KafkaConsumerOptions } from './kafka/kafkajs/consumer.ts'
export { KafkaDeadLetters, type KafkaDeadLettersOptions } from './kafka/kafkajs/consumer-dead-letters.ts'
export { type KafkajsProducerOptions, kafkajsProducers } from './kafka/kafkajs/producer.ts'
export type { Token } from './kafka/oauth/token-answer.ts'
export type { TokenEndpointOptions } from './kafka/oauth/token-endpoint.ts'
export { OAuthTokens, type OAuthTokensOptions } from './kafka/oauth/tokens.ts'
export type {
  Leaders,
  OnLeaders,
  ProduceBatch,
  ProduceReply,
  ProducerFactory,
  ProducerPort,
  WireRecord,
} from './kafka/producer-port.ts'
export type { PublisherPending } from './kafka/publisher.ts'
export type {
  PublisherObserver,
  RebuildReport,
  RequestReport,
  RetryReport,
} from './kafka/publisher-observer.ts'
export type { PublisherLimits } from './kafka/publisher-options.ts'
export type { Readiness } from './kafka/publisher-readiness.ts'
export type { ReadRecord } from './kafka/read-record.ts'
export type { CloudEventsOptions } from './kafka/record-headers.ts'
export {
  type EventRecordSink,
  type RecordAck,
  RecordSink,
  type RecordSinkOptions,
  type SchemaIdSource,
} from './kafka/record-sink.ts'
export { RoutedSink, type RoutedSinkOptions, type TopicParts } from './kafka/routed-sink.ts'
export type { TopicRoute } from './kafka/topic-routes.ts'
export type {
  ClusterState,
  PartitionCopies,
  TopicFinding,
  TopicSeverity,
  TopicState,
} from './kafka/topic-state.ts'
export { type RelayTopicsOptions, relayTopics, type TopicRole, type TopicSpec } from './kafka/topics.ts'
export type { Present } from './present.ts'
export type { DecodedEvent, Delivered, Outcome, RecordDecoder } from './topic-bridge/delivered.ts'
export type { DeliveryRetry } from './topic-bridge/delivery-retry.ts'
export type { EndpointBreakerOptions } from './topic-bridge/endpoint-breaker.ts'
export {
  EndpointGate,
  type EndpointGateOptions,
  type Enter,
  type Pass,
} from './topic-bridge/endpoint-gate.ts'
export type { Window } from './topic-bridge/partition-run.ts'
export { type Span, TopicBridge, type TopicBridgeOptions } from './topic-bridge/topic-bridge.ts'
