/** Kafka's names of what a user may do with a topic, a group or the cluster. */
export type KafkaOperation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'

/**
 * What we may do with a topic or a group. `missing`: there is no such topic. `unknown`: the brokers do not say, because they
 * are older than Kafka 2.3 or because none of them keeps this group yet.
 */
export type Rights = ReadonlySet<KafkaOperation> | 'missing' | 'unknown'

/** A broker, at the address that it tells clients to come to. */
export interface BrokerAddress {
  readonly id: number
  readonly host: string
  readonly port: number
}

/**
 * What a cluster says of itself and of our rights. It is asked and nothing is tried: no record, group or topic comes into
 * being. Calls reject with KAFKA_UNAVAILABLE or KAFKA_CONFIGURATION; where there is more to say than the code does, `facts.advice`
 * is a sentence about what to do.
 */
export interface RightsPort {
  brokers(): Promise<readonly BrokerAddress[]>
  onTopics(topics: readonly string[]): Promise<ReadonlyMap<string, Rights>>
  onGroups(groups: readonly string[]): Promise<ReadonlyMap<string, Rights>>
  /** Whether a producer gets the id that it needs to be idempotent. */
  mayProduceIdempotently(): Promise<boolean>
  /** Idempotent; calls that come later reject with SINK_CLOSED. */
  close(): Promise<void>
}
