import type { Intake } from './intake.ts'
import type { Quarantine } from './quarantine.ts'
import type { ServerLimits } from './server-limits.ts'

/** What a request is handled by, and may be replaced between two requests. Meanings and defaults: `GatewayServerOptions`. */
export interface HandlingRules {
  readonly intake: Intake
  readonly quarantine: Quarantine
  readonly strict: boolean
  readonly ackBudgetMs: number
  readonly traceparent: boolean
  readonly limits: Pick<ServerLimits, 'maxHeaders' | 'bodyGraceMs' | 'minBodyBytesPerSecond' | 'lingerMs'>
}
