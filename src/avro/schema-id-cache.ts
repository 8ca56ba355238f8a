/** A schema that records were written with, by its fingerprint, and the id it had when the registry was asked last. */
export interface RememberedSchema {
  readonly text: string
  /** Undefined: the registry has given none yet, took it back, or gave it in another place. */
  readonly id?: number | undefined
}

export type RememberedSchemas = ReadonlyMap<string, RememberedSchema>

/** Ids mean something in one registry only, and a schema may be used under one subject only. A text means the same in all. */
export interface CachePlace {
  /** Its base URLs, sorted, with commas between them. */
  readonly registry: string
  readonly subject: string
}

/**
 * Where ids outlive the process: so that it starts while the registry is away, and so that records of a version before an
 * upgrade still find the text of their schema.
 */
export interface SchemaIdCache {
  /**
   * Schemas of all places, with the ids that they have in this one: a spool may hold records from before the registry got
   * another URL. Empty if nothing was saved. Synchronous, because the first record may ask at once.
   *
   * @throws Error if there is something that cannot be read or is not what was saved.
   */
  load(place: CachePlace): RememberedSchemas
  /** Resolves when it would survive a power cut. What was saved for other places stays. */
  save(place: CachePlace, schemas: RememberedSchemas): Promise<void>
}
