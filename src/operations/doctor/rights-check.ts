import type { KafkaOperation, Rights, RightsPort } from '../../kafka/rights-port.ts'
import { type Check, failure, note, ok, type Seen } from './check.ts'
import { advertisedListeners } from './kafka-checks.ts'
import { topicsName } from './topics-check.ts'

/** What a service does with a topic or a group. */
export interface Need {
  readonly kind: 'topic' | 'group'
  readonly resource: string
  readonly operation: KafkaOperation
  /** What fails without it: `the gateway cannot publish events`. */
  readonly without: string
}

export interface RightsCheckOptions {
  readonly needs: readonly Need[]
  readonly rights: RightsPort
  readonly rightsOnTopics: () => Promise<ReadonlyMap<string, Rights>>
  /** A gateway writes by idempotent producers. */
  readonly produces: boolean
  /** As Kafka's tools name them; the principal of a certificate is not known here. */
  readonly principal: string
  readonly bootstrap: string
}

/** Whether Kafka's access control lets the services do what they must. It is asked, nothing is tried. */
export function rightsCheck(options: RightsCheckOptions): Check {
  return {
    // A topic that is missing has no rights, and it is that check which says what to do about it.
    ...{ name: 'rights', part: 'rights', needs: advertisedListeners, after: [topicsName] },
    otherwise: 'the rights are not known',
    run: () => rightsSeen(options),
  }
}

async function rightsSeen(options: RightsCheckOptions): Promise<readonly Seen[]> {
  const { needs, rights, rightsOnTopics, produces } = options
  const groups = needs.filter(({ kind }) => kind === 'group').map(({ resource }) => resource)
  const [onTopics, onGroups, idempotent] = await Promise.all([
    rightsOnTopics(),
    groups.length === 0 ? new Map<string, Rights>() : rights.onGroups(groups),
    produces ? rights.mayProduceIdempotently() : true,
  ])
  const of = ({ kind, resource }: Need): Rights =>
    (kind === 'topic' ? onTopics : onGroups).get(resource) ?? 'unknown'
  const denied = needs.filter((need) => {
    const held = of(need)
    return typeof held === 'object' && !held.has(need.operation)
  })
  const unknown = needs.filter((need) => of(need) === 'unknown')
  const missing = needs.filter((need) => of(need) === 'missing').map(({ resource }) => resource)
  const granted = needs.filter((need) => typeof of(need) === 'object' && !denied.includes(need))
  return [
    ...(granted.length === 0 ? [] : [ok(`may ${grantedText(granted)}`)]),
    ...denied.map((need) => deniedSeen(need, options)),
    ...(idempotent ? [] : [idempotenceDenied(options)]),
    ...(unknown.length === 0 ? [] : [note(unknownText(unknown))]),
    ...(missing.length === 0 ? [] : [note(missingText([...new Set(missing)]))]),
  ]
}

function missingText(topics: readonly string[]): string {
  return `not known: rights on ${topics.join(', ')}, which ${topics.length === 1 ? 'is' : 'are'} missing`
}

function grantedText(granted: readonly Need[]): string {
  const words = new Map<string, Set<string>>()
  for (const { kind, operation, resource } of granted) {
    const verb = kind === 'group' ? 'use the consumer groups' : operation === 'WRITE' ? 'write to' : 'read'
    words.set(verb, (words.get(verb) ?? new Set()).add(resource))
  }
  return [...words].map(([verb, resources]) => `${verb} ${[...resources].join(', ')}`).join('; ')
}

function deniedSeen({ kind, resource, operation, without }: Need, options: RightsCheckOptions): Seen {
  return failure(
    `${options.principal} may not ${operation} the ${kind} ${resource}: ${without}`,
    grantCommand(options, `--operation ${toolName(operation)} --${kind} ${resource}`),
  )
}

function idempotenceDenied(options: RightsCheckOptions): Seen {
  return failure(
    `${options.principal} gets no producer id: the gateway cannot publish anything`,
    grantCommand(options, '--operation IdempotentWrite --cluster'),
  )
}

function grantCommand({ principal, bootstrap }: RightsCheckOptions, what: string): string {
  return `kafka-acls.sh --bootstrap-server ${bootstrap} --add --allow-principal '${principal}' ${what}; where it is denied, take that rule away (--list shows them)`
}

/** `READ` is `Read` to Kafka's tool. */
function toolName(operation: KafkaOperation): string {
  return operation
    .split('_')
    .map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`)
    .join('')
}

function unknownText(unknown: readonly Need[]): string {
  const groups = unknown.filter(({ kind }) => kind === 'group').map(({ resource }) => resource)
  const topics = unknown.filter(({ kind }) => kind === 'topic').map(({ resource }) => resource)
  return [
    ...(topics.length === 0
      ? []
      : [`not known: rights on ${[...new Set(topics)].join(', ')}; brokers before Kafka 2.3 do not tell`]),
    ...(groups.length === 0
      ? []
      : [
          `not known: whether the group ${groups.join(', ')} may be used; this cluster has kept no group yet`,
        ]),
  ].join('; ')
}
