import type { Config } from '../config/config.ts'
import type { HandlingRules } from '../gateway/handling-rules.ts'
import type { Intake } from '../gateway/intake.ts'
import { createQuarantine, type Quarantine } from '../gateway/quarantine.ts'
import { openIntake } from './open-intake.ts'

/** What a gateway does with a body, in the form in which it can be replaced while it runs. */
export interface GatewayRules {
  readonly handling: HandlingRules
  /** For events that were accepted and turn out not to be fit for their topic. */
  readonly eventQuarantine: Quarantine
}

/**
 * From the words of the configuration.
 *
 * @param wrapIntake see `GatewaySeams`
 * @throws RelayError CONFIG_INVALID when rules of ignoring or redacting cannot be used
 */
export function gatewayRules(
  config: Config,
  wrapIntake: (intake: Intake) => Intake = (intake) => intake,
): GatewayRules {
  const { strict, ackBudgetMs, limits } = config.gateway
  const { content } = config.gateway.quarantine
  const quarantine = createQuarantine({ content: content === 'keep' ? 'keep' : 'digest' })
  return {
    handling: {
      intake: wrapIntake(openIntake(config, quarantine)),
      quarantine,
      strict,
      ackBudgetMs,
      traceparent: config.records.traceparent,
      limits,
    },
    eventQuarantine: createQuarantine({ content: content === 'digest' ? 'digest' : 'keep' }),
  }
}
