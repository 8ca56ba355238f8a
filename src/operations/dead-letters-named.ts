import type { DeadLetter } from './dead-letters.ts'
import { type DeadLetterId, idText } from './dead-letters-id.ts'

/** A sentence about something that was meant and will not be redriven. */
export interface RedriveRemark {
  /** What was asked for is not done by it, so that the command fails; else it was done before. */
  readonly failure: boolean
  readonly text: string
}

/**
 * What is to be said of letters that were named one by one: where none lies, what was redriven before, and what the other
 * options leave out. Nothing for those that are open and meant.
 *
 * @param found the named ones that there are, whatever else they are
 */
export function namedRemarks(
  topic: string,
  ids: readonly DeadLetterId[],
  found: readonly DeadLetter[],
  wants: (letter: DeadLetter) => boolean,
): readonly RedriveRemark[] {
  const letters = new Map(found.map((letter) => [idText(letter.id), letter]))
  return [...new Set(ids.map(idText))].flatMap((id): readonly RedriveRemark[] => {
    const letter = letters.get(id)
    if (letter === undefined) return [{ failure: true, text: `there is no dead letter at ${id} of ${topic}` }]
    if (letter.fate !== undefined) {
      const { to, at } = letter.fate
      return [{ failure: false, text: `${id} was redriven to ${to} at ${timeOf(at)}` }]
    }
    return wants(letter) ? [] : [{ failure: true, text: `${id} is left out by the other options` }]
  })
}

/** Names of endpoints that were asked for and that neither the configuration nor a letter knows, in a sentence each. */
export function endpointRemarks(
  asked: readonly string[],
  configured: readonly string[],
  ofLetters: ReadonlySet<string>,
): readonly string[] {
  return asked
    .filter((name) => !configured.includes(name) && !ofLetters.has(name))
    .map(
      (name) =>
        `no dead letter is of an endpoint ${name}, and the configuration has ${configured.join(', ') || 'none'}`,
    )
}

function timeOf(at: number): string {
  // Kafka takes any number for a time, and so may whoever wrote the record.
  return Number.isNaN(new Date(at).getTime()) ? 'an unknown time' : new Date(at).toISOString()
}
