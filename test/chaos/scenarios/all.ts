import type { Scenario } from '../scenario.ts'
import { answers } from './answers.ts'
import { brokersAway } from './brokers-away.ts'
import { leaders } from './leaders.ts'
import { mixed } from './mix.ts'
import { network } from './network.ts'
import { registry } from './registry.ts'
import { registryWiped } from './registry-wiped.ts'
import { sizes } from './sizes.ts'
import { topics } from './topics.ts'

/** Of the gateway under load, in the order of their numbers in the catalogue; last what is a mixture of those of Kafka. */
export const scenarios: readonly Scenario[] = [
  ...[...brokersAway, ...leaders, ...network, ...topics, ...sizes, ...answers].toSorted(
    (a, b) => numberOf(a) - numberOf(b),
  ),
  ...registry,
  ...registryWiped,
  ...mixed,
]

/** Throws for a name that is none. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name)
  if (found === undefined) throw new Error(`no scenario ${name}`)
  return found
}

function numberOf({ name }: Scenario): number {
  return Number(/\d+/.exec(name))
}
