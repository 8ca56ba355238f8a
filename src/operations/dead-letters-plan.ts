import { RelayError } from '../errors.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import { type DeadLetter, type DeadLetterTopic, listDeadLetters } from './dead-letters.ts'
import { type DeadLetterFilter, deadLetterFilter } from './dead-letters-filter.ts'
import { idText } from './dead-letters-id.ts'
import { endpointRemarks, namedRemarks, type RedriveRemark } from './dead-letters-named.ts'

/** Where dead letters go: a name left out means the endpoint that did not get them, or the topic that they came from. */
export interface RedriveTo {
  readonly kind: 'endpoint' | 'topic'
  readonly name?: string | undefined
}

/** A dead letter, and the name of the endpoint or topic that it goes to. */
export interface PlannedLetter {
  readonly letter: DeadLetter
  readonly name: string
}

/** Names that dead letters can be sent to. */
export interface RedriveNames {
  readonly endpoints: readonly string[]
  /** Of events: those of the configuration. Others can be meant too. */
  readonly topics: readonly string[]
}

/** What would be redriven, or why it cannot be: a sentence about the options. */
export type RedrivePlan =
  /** In the order in which they were written. */
  | {
      readonly kind: 'planned'
      readonly letters: readonly PlannedLetter[]
      /** Of what was asked for and is not among them. */
      readonly remarks: readonly RedriveRemark[]
    }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * The open ones of those that are meant. Refused where one would go to an endpoint that there is not, or to the topic of dead
 * letters; nothing is read where that is clear from `to`.
 *
 * Rejects as {@link listDeadLetters} does, and with KAFKA_CONFIGURATION where one would go to a topic that does not exist.
 */
export async function planRedrive(
  where: DeadLetterTopic,
  filter: DeadLetterFilter,
  to: RedriveTo,
  known: RedriveNames,
): Promise<RedrivePlan> {
  const refusal = async (names: readonly string[]): Promise<string | undefined> => {
    const reason = unfit(names, to, where.topic, known)
    if (reason === undefined && to.kind === 'topic')
      for (const name of names) await checkTopic(name, where.admin)
    return reason
  }
  const wrongOption = await refusal(to.name === undefined ? [] : [to.name])
  if (wrongOption !== undefined) return { kind: 'refused', reason: wrongOption }
  const { letters, remarks } = await lookedUp(where, filter, known)
  const planned = letters
    .filter(({ fate }) => fate === undefined)
    .map((letter) => ({
      letter,
      name: to.name ?? (to.kind === 'topic' ? letter.source.topic : (letter.endpoint ?? '')),
    }))
  const reason = await refusal([...new Set(planned.map(({ name }) => name))])
  return reason === undefined ? { kind: 'planned', letters: planned, remarks } : { kind: 'refused', reason }
}

interface LookedUp {
  readonly letters: readonly DeadLetter[]
  readonly remarks: readonly RedriveRemark[]
}

async function lookedUp(
  where: DeadLetterTopic,
  filter: DeadLetterFilter,
  { endpoints: configured }: RedriveNames,
): Promise<LookedUp> {
  const { ids = [], endpoints: asked = [], since } = filter
  const wants = deadLetterFilter(filter)
  // What was named one by one is looked for wherever it lies: that another option leaves it out is to be said.
  const named = new Set(ids.map(idText))
  const { letters, endpoints } =
    named.size === 0
      ? await listDeadLetters(where, wants, since)
      : await listDeadLetters(where, ({ id }) => named.has(idText(id)))
  return {
    letters: letters.filter(wants),
    remarks: [
      ...namedRemarks(where.topic, ids, letters, wants),
      ...endpointRemarks(asked, configured, endpoints).map((text) => ({ failure: false, text })),
    ],
  }
}

/** @returns what is wrong with these names, and which there are */
function unfit(
  names: readonly string[],
  to: RedriveTo,
  deadLetters: string,
  { endpoints, topics }: RedriveNames,
): string | undefined {
  const wrong = names.filter((name) =>
    to.kind === 'endpoint' ? !endpoints.includes(name) : name === deadLetters,
  )
  if (wrong.length === 0) return undefined
  const option = `--to-${to.kind}`
  const there = `the configuration has ${(to.kind === 'endpoint' ? endpoints : topics).join(', ') || 'none'}`
  if (to.name !== undefined) {
    return `${option}: ${to.kind === 'endpoint' ? 'there is no' : 'dead letters lie already in'} ${to.name}; ${there}`
  }
  const texts = wrong.map((name) => (name === '' ? 'none (not written by a bridge)' : name))
  return `dead letters would go to ${texts.join(', ')}; ${there}: choose one with ${option}, or narrow the selection`
}

async function checkTopic(name: string, admin: Pick<AdminPort, 'partitionCount'>): Promise<void> {
  if ((await admin.partitionCount(name)) !== undefined) return
  throw new RelayError('KAFKA_CONFIGURATION', `there is no topic ${name} to redrive to`, {
    facts: { topic: name },
  })
}
