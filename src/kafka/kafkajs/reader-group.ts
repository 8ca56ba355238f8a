import type { Random } from '../../clock.ts'

/** A group of one reading, which the rights for the prefix `<group>.` are enough for. */
export function readerGroup(group: string, random: Random): string {
  const name = Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')
  return `${group}.reader.${name}`
}
