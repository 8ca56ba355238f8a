/**
 * For tests of others: the conformance suite of Sinks, sinks that misbehave on purpose, a manual clock, and a real Kafka.
 *
 * @module registry-relay/testing
 */
export type { LocalServer } from './local-stack/local-server.ts'
export { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack/local-stack.ts'
export type { OnProgress, StackProgress } from './local-stack/progress.ts'
export type { Advertise, ExtraListener, Way } from './local-stack/way.ts'
export type {
  ConformanceCheck,
  HeldUpSink,
  SinkConformanceOptions,
  SinkUnderTest,
} from './testing/conformance/terms.ts'
export { FlakySink, type FlakySinkOptions } from './testing/flaky-sink.ts'
export { ManualClock, settle } from './testing/manual-clock.ts'
export { RecordingSink, type RecordingSinkOptions } from './testing/recording-sink.ts'
export { seededRandom } from './testing/seeded-random.ts'
export { sinkConformance } from './testing/sink-conformance.ts'
export { SlowSink, type SlowSinkOptions } from './testing/slow-sink.ts'
