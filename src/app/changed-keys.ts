import { Secret } from '../config/secret.ts'

/** Whether two secrets are to count as the same. */
export type SameSecret = (before: Secret, after: Secret) => boolean

/** By what they say, also where a file has another content by now. */
export const sameText: SameSecret = (before, after) =>
  before.file === after.file && before.reveal() === after.reveal()

/** Of one file whatever it says: its content is followed by whoever uses it. */
export const sameSource: SameSecret = (before, after) =>
  before.file !== undefined && before.file === after.file ? true : sameText(before, after)

/**
 * The keys, with dots between, whose values differ; never a value. A list counts as a whole, but for one whose members have
 * names: there the name stands for the member, alone where it was added or removed.
 */
export function changedKeys(
  before: unknown,
  after: unknown,
  same: SameSecret = sameText,
  key = '',
): readonly string[] {
  if (before instanceof Secret && after instanceof Secret) return same(before, after) ? [] : [key]
  const one = membersOf(before)
  const other = membersOf(after)
  if (one !== undefined && other !== undefined) {
    return [...new Set([...one.keys(), ...other.keys()])].flatMap((name) =>
      changedKeys(one.get(name), other.get(name), same, key === '' ? name : `${key}.${name}`),
    )
  }
  return equal(before, after, same) ? [] : [key]
}

/** Of a map, or of a list of named members. Undefined for whatever counts as a whole. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Secret) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  const named = value.flatMap((item: unknown) => {
    const name = nameOf(item)
    return name === undefined ? [] : [[name, item] as const]
  })
  return named.length === value.length ? new Map(named) : undefined
}

function nameOf(item: unknown): string | undefined {
  return typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string'
    ? item.name
    : undefined
}

function equal(before: unknown, after: unknown, same: SameSecret): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return Object.is(before, after)
  return (
    before.length === after.length &&
    before.every((item, index) => changedKeys(item, after[index], same).length === 0)
  )
}
