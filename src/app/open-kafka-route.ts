import type { Config } from '../config/config.ts'
import { isRelayError } from '../errors.ts'
import { KafkaRoute } from '../gateway/kafka-route.ts'
import type { Oversize } from '../gateway/oversize.ts'
import type { Quarantine } from '../gateway/quarantine.ts'
import type { Telemetry } from '../telemetry.ts'
import type { KafkaSinks } from './open-kafka-sinks.ts'
import type { Supervisor } from './supervisor.ts'

export interface KafkaRouteTerms {
  readonly sinks: KafkaSinks
  readonly quarantine: Quarantine
  readonly oversize: Oversize
}

/** With a spool: the pump has waited for Kafka already, and what is not confirmed is still there. */
const spooledCloseMs = 500

/** Without one: every post has its answer by now, and what Kafka has not confirmed was none that its sender counts on. */
const unspooledCloseMs = 2_000

/** The way to Kafka: events and what was rejected, each to its topic. Closes the sinks. */
export function openKafkaRoute(
  { gateway }: Config,
  { sinks: { events, rejected }, quarantine, oversize }: KafkaRouteTerms,
  telemetry: Telemetry,
  supervisor: Supervisor,
): KafkaRoute {
  const spooled = gateway.ackMode === 'spool'
  const route = new KafkaRoute({ events, rejected, quarantine, oversize, telemetry })
  supervisor.add('kafka sinks', async (deadlineMs) => {
    const most = spooled ? spooledCloseMs : unspooledCloseMs
    await route.close({ deadlineMs: Math.min(most, deadlineMs) }).catch((error: unknown) => {
      if (!isRelayError(error, 'DEADLINE_EXCEEDED')) throw error
      const { topic, records } = error.facts
      const words = spooled
        ? 'what Kafka did not confirm is left to the spool'
        : 'what Kafka did not confirm was answered with 503: whoever posted it posts it again'
      telemetry.logger.info({ topic, records }, words)
    })
  })
  return route
}
