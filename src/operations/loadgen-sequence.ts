import type { Event } from '../event/event.ts'

/*
 * Where a registry has room for a number: at the end of a digest, which nobody resolves, and in the tag that is deleted.
 * So the order of a repository can be read off what arrives, by this command or by anything else that reads the topic.
 */

const digits = 12

/** A digest that holds the number, behind 52 hex digits. */
export function digestOf(sequence: number, rest: string): string {
  return `sha256:${rest}${sequence.toString(16).padStart(digits, '0')}`
}

/** For events without a digest. */
export function tagOf(sequence: number): string {
  return `build-${sequence}`
}

/** Of an event that a load made; undefined for any other that has no such number. */
export function sequenceOf({ target }: Event): number | undefined {
  const hex = /^sha256:[0-9a-f]{52}([0-9a-f]{12})$/.exec(target?.digest ?? '')?.[1]
  if (hex !== undefined) return Number.parseInt(hex, 16)
  const tag = /^build-(\d{1,15})$/.exec(target?.tag ?? '')?.[1]
  return tag === undefined ? undefined : Number(tag)
}
