import type {
  ActorRecord,
  Descriptor,
  Event,
  Platform,
  Rename,
  RequestRecord,
  SourceRecord,
  Target,
} from './event.ts'
import type { Family } from './profile.ts'

/**
 * The members of the notifications format: the JSON key, the member of the model it becomes, and its kind. Both ways
 * in, lenient and strict, read by this one table.
 */
export interface Shape {
  /** Under the exact keys, and under the folded ones. */
  readonly fields: ReadonlyMap<string, Field>
}

export type Field = LeafField | ObjectField

interface FieldBase {
  readonly member: string
  /** The Go types that have the member; all when left out, none for what only other tools write. */
  readonly families?: readonly Family[]
}

export interface LeafField extends FieldBase {
  /** `texts`: list of strings. `textMap`: string to string. `jsonMap`: string to JSON text. `bytes`: base64 text. */
  readonly kind: 'text' | 'timestamp' | 'count' | 'bytes' | 'texts' | 'textMap' | 'jsonMap'
}

export interface ObjectField extends FieldBase {
  /** `pointer`: an object that Go can tell from an absent one; only that makes a difference for `null`. */
  readonly kind: 'object' | 'pointer' | 'objects'
  readonly shape: Shape
}

/** The field that Go's decoder takes for `key`: the exact one, else without regard to case. */
export function fieldOf(shape: Shape, key: string): Field | undefined {
  return shape.fields.get(key) ?? shape.fields.get(foldKey(key))
}

/**
 * Equal for keys that Go takes for the same: it folds Unicode, so the long s and the Kelvin sign are letters of ASCII
 * (lower-casing the Kelvin sign gives `k`). No other character folds to one.
 */
export function foldKey(key: string): string {
  return key.replaceAll('\u017f', 's').toLowerCase()
}

type Leaves<T> = Partial<Record<keyof T & string, LeafField['kind']>>

// Keeps the members of the tables in step with the model: a member that the model lacks does not compile.
function leaves<T>(kinds: Leaves<T>): [string, Field][] {
  const entries = Object.entries(kinds) as [string, LeafField['kind']][]
  return entries.map(([member, kind]) => [member, { member, kind }])
}

function shapeOf(...entries: readonly [string, Field][]): Shape {
  const fields = new Map<string, Field>()
  for (const [key, field] of entries) fields.set(key, field).set(foldKey(key), field)
  return { fields }
}

function member<T>(name: keyof T & string, kind: LeafField['kind'], families?: readonly Family[]): LeafField {
  return families === undefined ? { member: name, kind } : { member: name, kind, families }
}

const platform = shapeOf(
  ...leaves<Platform>({ architecture: 'text', os: 'text', variant: 'text' }),
  ['os.version', member<Platform>('osVersion', 'text')],
  ['os.features', member<Platform>('osFeatures', 'texts')],
  ['features', member<Platform>('features', 'texts', [])],
)

const descriptorEntries: readonly [string, Field][] = [
  ...leaves<Descriptor>({
    mediaType: 'text',
    digest: 'text',
    size: 'count',
    urls: 'texts',
    annotations: 'textMap',
  }),
  ['data', member<Descriptor>('data', 'bytes', ['distribution-3'])],
  ['artifactType', member<Descriptor>('artifactType', 'text', ['distribution-3'])],
  ['platform', { member: 'platform', kind: 'pointer', shape: platform }],
]

const rename = shapeOf(...leaves<Rename>({ type: 'text', from: 'text', to: 'text' }))

const target = shapeOf(
  ...descriptorEntries,
  ...leaves<Target>({
    length: 'count',
    repository: 'text',
    fromRepository: 'text',
    url: 'text',
    tag: 'text',
  }),
  ['rename', { member: 'rename', kind: 'pointer', shape: rename, families: ['gitlab'] }],
  ['references', { member: 'references', kind: 'objects', shape: shapeOf(...descriptorEntries) }],
)

const request = shapeOf(
  ...leaves<RequestRecord>({ id: 'text', addr: 'text', host: 'text', method: 'text', useragent: 'text' }),
)

const actor = shapeOf(
  ...leaves<ActorRecord>({ name: 'text' }),
  ['user_type', member<ActorRecord>('userType', 'text', ['gitlab'])],
  ['user', member<ActorRecord>('user', 'text', ['gitlab'])],
)

const source = shapeOf(...leaves<SourceRecord>({ addr: 'text', instanceID: 'text' }))

export const eventShape: Shape = shapeOf(
  ...leaves<Event>({ id: 'text', timestamp: 'timestamp', action: 'text' }),
  ['target', { member: 'target', kind: 'object', shape: target }],
  ['request', { member: 'request', kind: 'object', shape: request }],
  ['actor', { member: 'actor', kind: 'object', shape: actor }],
  ['source', { member: 'source', kind: 'object', shape: source }],
  ['meta', member<Event>('meta', 'jsonMap', ['gitlab'])],
)
