import type { Event } from './event.ts'

/** The key of an event in Kafka, and which member gave it. */
export interface RecordKey {
  readonly key: string
  /** Anything but `repository` is worth a count: such events share a partition with nothing they are ordered with. */
  readonly from: 'repository' | 'rename' | 'source' | 'none'
}

/**
 * Decides the partition, and with it which events keep their order: the path of the repository. Events without one
 * fall back to the old path of a rename, then to the registry instance, so that what one process reported stays in
 * order. An empty text counts as missing, as registries omit it.
 */
export function recordKey(event: Event): RecordKey {
  const { target, source } = event
  if (target?.repository) return { key: target.repository, from: 'repository' }
  if (target?.rename?.from) return { key: target.rename.from, from: 'rename' }
  if (source?.instanceID) return { key: source.instanceID, from: 'source' }
  return { key: '', from: 'none' }
}
