import type { BrokerAddress, RightsPort } from '../../kafka/rights-port.ts'
import { type Check, failure, ok, type Seen, warning } from './check.ts'
import type { Reach } from './reach.ts'
import { type NamedTarget, reachAny, reachOne } from './reach-check.ts'

export interface KafkaChecksOptions {
  /** The addresses that are given. */
  readonly brokers: readonly NamedTarget[]
  /** Where tokens come from, with SASL OAUTHBEARER. */
  readonly tokens: NamedTarget | undefined
  /** `SASL PLAIN as relay`; whom Kafka takes us for. */
  readonly identity: string
  /** Of topics. */
  readonly replicationFactor: number
  readonly cluster: Pick<RightsPort, 'brokers'>
  readonly reach: Reach
  readonly now: () => number
}

export const advertisedListeners = 'advertised listeners'

/** From the first TCP connection to brokers that let us in at the addresses that they name themselves. */
export function kafkaChecks(options: KafkaChecksOptions): readonly Check[] {
  const { brokers, tokens, cluster, reach, now } = options
  const ofTokens: Check[] =
    tokens === undefined
      ? []
      : [
          {
            ...{ name: 'token endpoint', part: 'kafka', needs: 'brokers' },
            otherwise: 'no token can be had for Kafka',
            run: async () => [await reachOne(reach, tokens, now)],
          },
        ]
  return [
    {
      ...{ name: 'brokers', part: 'kafka' },
      otherwise: 'no broker can be reached',
      run: () => reachAny(reach, brokers, now),
    },
    ...ofTokens,
    {
      ...{ name: 'cluster', part: 'kafka', needs: tokens === undefined ? 'brokers' : 'token endpoint' },
      otherwise: 'Kafka does not let us in',
      late: failure(
        'Kafka takes connections and does not answer',
        'look at the log and the load of the brokers; a listener that speaks TLS is silent to clients without (kafka.tls)',
      ),
      run: async () => clusterSeen(await cluster.brokers(), options),
    },
    {
      ...{ name: advertisedListeners, part: 'kafka', needs: 'cluster' },
      otherwise: 'no broker can be reached at the address that it names',
      run: async () => advertisedSeen(await cluster.brokers(), options),
    },
  ]
}

function clusterSeen(
  brokers: readonly BrokerAddress[],
  { identity, replicationFactor }: KafkaChecksOptions,
): readonly Seen[] {
  const count = `${brokers.length} broker${brokers.length === 1 ? '' : 's'}`
  const seen = ok(`Kafka lets us in (${identity}), ${count}`)
  if (brokers.length >= replicationFactor) return [seen]
  return [
    seen,
    warning(
      `topics.replicationFactor is ${replicationFactor}, and ${count} cannot hold as many copies`,
      `start the others; if there are none, set topics.replicationFactor to ${brokers.length}`,
    ),
  ]
}

/**
 * A client comes to a cluster by the addresses that it was given and is sent to those that the brokers name. They are right for
 * whoever wrote `advertised.listeners`, and from another network, or out of a container, they may lead nowhere.
 */
async function advertisedSeen(
  advertised: readonly BrokerAddress[],
  { brokers: given, reach, now }: KafkaChecksOptions,
): Promise<readonly Seen[]> {
  const [first] = given
  const known = new Set(given.map(({ host, port }) => `${host}:${port}`))
  const others = advertised.filter(({ host, port }) => !known.has(`${host}:${port}`))
  if (others.length === 0) return [ok('the brokers name the addresses that are given')]
  const targets = others.map(({ id, host, port }): NamedTarget => {
    const where = `broker ${id}, which tells clients to come to ${host}:${port}`
    return { host, port, where, key: 'kafka.brokers', tlsKey: 'kafka.tls', tls: first?.tls }
  })
  const seen = await Promise.all(targets.map((target) => reachOne(reach, target, now)))
  // Those at the addresses that are given can be reached, so that part of the work goes on.
  const allAway = others.length === advertised.length && seen.every(({ state }) => state === 'error')
  return seen.map((one) =>
    one.state === 'error'
      ? {
          ...one,
          state: allAway ? 'error' : 'warning',
          todo: 'set advertised.listeners of that broker to an address that this machine can reach, or make that one lead there (DNS, firewall)',
        }
      : one,
  )
}
