import { RelayError } from '../errors.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import { type DeadLetter, type DeadLetterTopic, listDeadLetters } from './dead-letters.ts'
import { type DeadLetterFilter, deadLetterFilter } from './dead-letters-filter.ts'

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

/**
 * The open ones of those that are meant, in the order in which they were written.
 *
 * Rejects as {@link listDeadLetters} does; with CONFIG_INVALID where one would go to an endpoint that is not in `endpoints`, or
 * to the topic of dead letters; with KAFKA_CONFIGURATION where one would go to a topic that does not exist.
 */
export async function planRedrive(
  where: DeadLetterTopic,
  filter: DeadLetterFilter,
  to: RedriveTo,
  endpoints: readonly string[],
): Promise<readonly PlannedLetter[]> {
  if (to.name !== undefined) await checkNames([to.name], to, where, endpoints)
  const { letters } = await listDeadLetters(where, deadLetterFilter(filter))
  const planned = letters
    .filter(({ fate }) => fate === undefined)
    .map((letter) => ({
      letter,
      name: to.name ?? (to.kind === 'topic' ? letter.source.topic : (letter.endpoint ?? '')),
    }))
  await checkNames([...new Set(planned.map(({ name }) => name))], to, where, endpoints)
  return planned
}

async function checkNames(
  names: readonly string[],
  to: RedriveTo,
  { topic, admin }: DeadLetterTopic,
  endpoints: readonly string[],
): Promise<void> {
  if (to.kind === 'endpoint') checkEndpoints(names, to, endpoints)
  else for (const name of names) await checkTopic(name, topic, admin)
}

function checkEndpoints(names: readonly string[], to: RedriveTo, endpoints: readonly string[]): void {
  const unknown = names.filter((name) => !endpoints.includes(name))
  if (unknown.length === 0) return
  const hint = to.name === undefined ? '; choose one with --to-endpoint, or narrow the selection' : ''
  const texts = unknown.map((name) => (name === '' ? 'none (not written by a bridge)' : name))
  throw new RelayError(
    'CONFIG_INVALID',
    `bridge.endpoints has ${endpoints.join(', ') || 'nothing'}, but dead letters would go to ${texts.join(', ')}${hint}`,
    { facts: { unknown } },
  )
}

async function checkTopic(
  name: string,
  deadLetters: string,
  admin: Pick<AdminPort, 'partitionCount'>,
): Promise<void> {
  if (name === deadLetters) {
    throw new RelayError('CONFIG_INVALID', `${name} is the topic of dead letters: they are there already`)
  }
  if ((await admin.partitionCount(name)) === undefined) {
    throw new RelayError('KAFKA_CONFIGURATION', `there is no topic ${name} to redrive to`, {
      facts: { topic: name },
    })
  }
}
