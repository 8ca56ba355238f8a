import { systemClock, within } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import type { TopicRole } from '../kafka/topics.ts'
import { TopicWatch } from '../operations/topic-watch.ts'
import { topicSpecsOf } from '../operations/topics.ts'
import type { Telemetry } from '../telemetry.ts'
import { openAdmin } from './kafka-admin.ts'
import type { Parts } from './parts.ts'
import type { Supervisor } from './supervisor.ts'

export interface WatchTopicsOptions {
  /** Those of a watched way to Kafka, where passwords may change. */
  readonly kafka: KafkaConnectionOptions
  /** What the topics hold that this process uses. */
  readonly roles: readonly TopicRole[]
  /** Name of the part; a gateway and a bridge may run in one process. Default `topics`. */
  readonly part?: string
  /** See TopicWatch. */
  readonly everyMs?: number
  readonly againMs?: number
}

/** With Kafka away the client may be in the middle of connecting, which ends by itself. */
const closeMs = 500

/** Begins in the background to compare the topics with what they should be; how they are is a part that is always ready. */
export function watchTopics(
  config: Pick<Config, 'topics'>,
  options: WatchTopicsOptions,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Parts {
  const { kafka, roles, part = 'topics', ...intervals } = options
  const specs = topicSpecsOf(config, roles)
  const admin = openAdmin(kafka)
  const watch = new TopicWatch({
    topics: specs.map(({ topic }) => topic),
    look: async () => (await admin.planTopics(specs)).findings,
    ...intervals,
    telemetry,
  })
  supervisor.add(`watch of ${part}`, async () => {
    watch.close()
    await within(
      systemClock,
      closeMs,
      admin.close().catch(() => undefined),
    )
  })
  watch.start()
  return { [part]: () => watch.readiness() }
}
