import type kafkajs from 'kafkajs'

export interface KafkaConsumerSettings {
  /**
   * After this silence the group takes the partitions away: the time to go on after a kill -9. Default 10 s.
   */
  readonly sessionTimeoutMs?: number
  /**
   * How long the group waits at a rebalance for members to give back what they have in hand; they take half of it
   * at most. Default 60 s.
   */
  readonly rebalanceTimeoutMs?: number
  /** Between heartbeats. Default a tenth of the session. */
  readonly heartbeatIntervalMs?: number
  /** How long a fetch waits for records; also the most that a stop waits for it. Default 250 ms. */
  readonly maxWaitMs?: number
  /** What one fetch brings of one partition at most, bytes; a single larger record still comes. Default 256 KiB. */
  readonly maxBytesPerPartition?: number
}

/** With the defaults filled in. */
export function consumerSettings(given: KafkaConsumerSettings): Required<KafkaConsumerSettings> {
  const sessionTimeoutMs = given.sessionTimeoutMs ?? 10_000
  return {
    sessionTimeoutMs,
    rebalanceTimeoutMs: given.rebalanceTimeoutMs ?? 60_000,
    heartbeatIntervalMs: given.heartbeatIntervalMs ?? Math.ceil(sessionTimeoutMs / 10),
    maxWaitMs: given.maxWaitMs ?? 250,
    maxBytesPerPartition: given.maxBytesPerPartition ?? 256 * 1024,
  }
}

export function kafkajsConsumerConfig(
  groupId: string,
  settings: Required<KafkaConsumerSettings>,
): kafkajs.ConsumerConfig {
  return {
    groupId,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: settings.rebalanceTimeoutMs,
    heartbeatInterval: settings.heartbeatIntervalMs,
    maxWaitTimeInMs: settings.maxWaitMs,
    maxBytesPerPartition: settings.maxBytesPerPartition,
    allowAutoTopicCreation: false,
    // 3 s in all, then the consumer is given up and a new one made. kafkajs must not restart by itself: it
    // counts failures over the whole life of a consumer, restarts for some kinds of error only, and one
    // stopped while it joins comes back to life.
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5, restartOnFailure: async () => false },
  }
}
