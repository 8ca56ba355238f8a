import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { schemaFingerprint } from './event-schema.ts'
import type { CachePlace, RememberedSchema, RememberedSchemas, SchemaIdCache } from './schema-id-cache.ts'

/** What is in the file, as JSON. */
interface Content {
  readonly version: 1
  readonly subjects: readonly Entry[]
}

interface Entry extends CachePlace {
  /** By fingerprint. */
  readonly schemas: Readonly<Record<string, { readonly id?: number; readonly schema: string }>>
}

/** Some schemas of ten kilobytes; a file of this size is not ours. */
const maxBytes = 16 * 1024 * 1024

/**
 * Ids of schemas in a file of JSON, for all subjects of a relay. Written aside, synced and renamed: whoever reads finds the
 * whole of what was saved before or the whole of what was saved last. Only for its user (0600), in a folder that is made
 * where it is missing (0700).
 */
export class SchemaIdFile implements SchemaIdCache {
  readonly #path: string
  #saving: Promise<void> = Promise.resolve()

  /** @param path absolute */
  constructor(path: string) {
    this.#path = path
  }

  load(place: CachePlace): RememberedSchemas {
    const schemas = new Map<string, RememberedSchema>()
    for (const entry of this.#read()) {
      const own = isOf(entry, place)
      for (const [fingerprint, { id, schema }] of Object.entries(entry.schemas)) {
        if (own || !schemas.has(fingerprint)) {
          schemas.set(fingerprint, { id: own ? id : undefined, text: schema })
        }
      }
    }
    return schemas
  }

  /** One after the other, as subjects share the file. */
  save(place: CachePlace, schemas: RememberedSchemas): Promise<void> {
    const saving = this.#saving.then(() => this.#write(place, schemas))
    this.#saving = saving.catch(() => {})
    return saving
  }

  async #write(place: CachePlace, schemas: RememberedSchemas): Promise<void> {
    const { registry, subject } = place
    const entry: Entry = {
      registry,
      subject,
      schemas: Object.fromEntries(
        [...schemas].map(([fingerprint, { id, text }]) => [
          fingerprint,
          { ...(id === undefined ? {} : { id }), schema: text },
        ]),
      ),
    }
    const content: Content = {
      version: 1,
      subjects: [...this.#others(place), entry],
    }
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const aside = `${this.#path}.${randomUUID()}.tmp`
    try {
      const file = await open(aside, 'wx', 0o600)
      try {
        await file.writeFile(`${JSON.stringify(content, undefined, 1)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(aside, this.#path)
    } catch (error) {
      await rm(aside, { force: true })
      throw error
    }
    await syncFolder(dirname(this.#path))
  }

  /** Of a file that cannot be read nothing is kept: it was said when it was loaded. */
  #others(place: CachePlace): readonly Entry[] {
    try {
      return this.#read().filter((one) => !isOf(one, place))
    } catch {
      return []
    }
  }

  #read(): readonly Entry[] {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size
    if (size === undefined) return []
    if (size > maxBytes) throw new Error(`${this.#path}: ${size} bytes are too many for a file of schema ids`)
    return checked(readFileSync(this.#path, 'utf8'), this.#path)
  }
}

function isOf(entry: Entry, { registry, subject }: CachePlace): boolean {
  return entry.registry === registry && entry.subject === subject
}

/**
 * A damaged id would frame records for another schema, so nothing of a file is used unless all of it is as it was written:
 * each text must have the fingerprint it stands under.
 */
function checked(json: string, path: string): readonly Entry[] {
  try {
    const { version, subjects } = JSON.parse(json) as Content
    if (version !== 1) throw new Error(`version ${JSON.stringify(version)}, expected 1`)
    for (const { registry, subject, schemas } of subjects) {
      if (typeof registry !== 'string' || typeof subject !== 'string')
        throw new Error('no registry or subject')
      for (const [fingerprint, { id, schema }] of Object.entries(schemas))
        checkSchema(fingerprint, id, schema)
    }
    return subjects
  } catch (cause) {
    throw new Error(`${path} is no file of schema ids: ${String(cause)}`, { cause })
  }
}

function checkSchema(fingerprint: string, id: unknown, schema: string): void {
  if (schemaFingerprint(schema) !== fingerprint)
    throw new Error(`the schema of ${fingerprint} is another one`)
  if (id === undefined) return
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > 0xffff_ffff) {
    throw new Error(`schema ${fingerprint} has no id`)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
