import { createHmac } from 'node:crypto'
import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'
import type { IgnoreConfig, RedactConfig } from '../config/gateway-config.ts'
import type { Event } from '../event/event.ts'
import { ignoreFilter } from '../event/ignore-rules.ts'
import { compileRedaction, recommendedRedaction } from '../event/redaction.ts'
import { createIntake, type Intake, type IntakeOptions } from '../gateway/intake.ts'
import type { Quarantine } from '../gateway/quarantine.ts'

/** From the words of the configuration to what the intake does with a body. @throws RelayError CONFIG_INVALID */
export function openIntake({ gateway }: Config, quarantine: Quarantine): Intake {
  const { strict, limits, ignore, redact, publisherId } = gateway
  const ignores = ignoring(ignore)
  const redaction = redacting(redact)
  return createIntake({
    quarantine,
    strict,
    maxEvents: limits.maxEvents,
    publisherId: publisherId ?? hostname(),
    ...(ignores === undefined ? {} : { ignores }),
    ...(redaction === undefined ? {} : { redact: redaction }),
  })
}

function ignoring(rules: IgnoreConfig): ((event: Event) => boolean) | undefined {
  const { mediaTypes, actions, repositories, userAgents, methods } = rules
  const lists = [mediaTypes, actions, repositories.include, repositories.exclude, userAgents, methods]
  return lists.every((list) => list.length === 0) ? undefined : ignoreFilter(rules)
}

function redacting({ preset, rules, key, keyId }: RedactConfig): IntakeOptions['redact'] {
  const all = [...(preset === 'recommended' ? recommendedRedaction : []), ...rules]
  if (all.length === 0) return undefined
  const secret = key?.reveal()
  return compileRedaction({
    rules: all,
    ...(secret === undefined
      ? {}
      : {
          hmac: {
            keyId,
            digest: (text: string) => createHmac('sha256', secret).update(text, 'utf8').digest('hex'),
          },
        }),
  })
}
