import { registryEventSchema } from '../../../src/avro/event-schema.ts'

interface FieldLike {
  [member: string]: unknown
  name: string
  type: unknown
}

interface RecordLike {
  [member: string]: unknown
  fields: FieldLike[]
}

/** The shipped schema after `change`, which may work on it in place. */
export function changed(change: (schema: RecordLike) => void, of: string = registryEventSchema.text): string {
  const schema = JSON.parse(of)
  change(schema)
  return JSON.stringify(schema)
}

export const field = ({ fields }: RecordLike, name: string): FieldLike =>
  fields.find((one) => one.name === name) as FieldLike

/** The record inside `["null", record]`. */
export const recordIn = ({ type }: FieldLike): RecordLike => (type as readonly unknown[])[1] as RecordLike

export interface SchemaCase {
  readonly name: string
  readonly before: string
  readonly after: string
  /** Lines of the difference. */
  readonly diff: readonly string[]
  /** Somebody with `after` can read what `before` wrote, and the other way round. */
  readonly backward: boolean
  readonly forward: boolean
}

const shipped = registryEventSchema.text
const record = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'R', namespace: 'n', fields })
const one = (type: unknown, more: object = {}): string => record([{ name: 'a', type, ...more }])

/** Changes that people make, and what they do to readers. */
export const schemaCases: readonly SchemaCase[] = [
  { name: 'nothing', before: shipped, after: shipped, diff: [], backward: true, forward: true },
  {
    name: 'a nullable field appended',
    before: shipped,
    after: changed(({ fields }) => fields.push({ name: 'later', type: ['null', 'string'], default: null })),
    diff: ['later: added, null or string, default null'],
    backward: true,
    forward: true,
  },
  {
    name: 'a field appended to a record that is used in two places',
    before: shipped,
    after: changed((schema) =>
      recordIn(field(recordIn(field(schema, 'target')), 'platform')).fields.push({
        name: 'later',
        type: ['null', 'string'],
        default: null,
      }),
    ),
    diff: ['target.platform.later: added, null or string, default null'],
    backward: true,
    forward: true,
  },
  {
    name: 'a nullable field removed',
    before: shipped,
    after: changed((schema) => {
      schema.fields = schema.fields.filter(({ name }) => name !== 'action')
    }),
    diff: ['action: removed, was null or string'],
    backward: true,
    forward: true,
  },
  {
    name: 'an instant in another unit',
    before: shipped,
    after: shipped.replace('timestamp-millis', 'timestamp-micros'),
    diff: ['occurred_at: logical type was timestamp-millis, is timestamp-micros'],
    backward: true,
    forward: true,
  },
  {
    name: 'documentation changed and dropped',
    before: shipped,
    after: changed((schema) => {
      delete field(schema, 'actor')['doc']
      field(schema, 'source')['doc'] = 'Which node.'
    }),
    diff: [
      'actor: doc was Who caused it., is none',
      'source: doc was The registry node that sent it., is Which node.',
    ],
    backward: true,
    forward: true,
  },
  {
    name: 'a nested field retyped',
    before: shipped,
    after: changed((schema) => {
      field(recordIn(field(schema, 'target')), 'size').type = ['null', 'string']
    }),
    diff: ['target.size: type was null or long, is null or string'],
    backward: false,
    forward: false,
  },
  {
    name: 'a wider number',
    before: one('int'),
    after: one('long'),
    diff: ['a: type was int, is long'],
    backward: true,
    forward: false,
  },
  {
    name: 'a field that nobody has to write any more',
    before: one('string'),
    after: one(['null', 'string']),
    diff: ['a: type was string, is null or string'],
    backward: true,
    forward: false,
  },
  {
    name: 'a field without default added',
    before: one('string'),
    after: record([
      { name: 'a', type: 'string' },
      { name: 'b', type: 'int' },
    ]),
    diff: ['b: added, int, without default'],
    backward: false,
    forward: true,
  },
  {
    name: 'a default taken away',
    before: one('string', { default: 'x' }),
    after: one('string'),
    diff: ['a: default was "x", is none'],
    backward: true,
    forward: true,
  },
  {
    name: 'fields in another order',
    before: record([
      { name: 'a', type: 'string' },
      { name: 'b', type: 'int' },
    ]),
    after: record([
      { name: 'b', type: 'int' },
      { name: 'a', type: 'string' },
    ]),
    diff: ['R: order of fields was a, b, is b, a'],
    backward: true,
    forward: true,
  },
  {
    name: 'a field renamed with an alias',
    before: one('string'),
    after: record([{ name: 'b', type: 'string', aliases: ['a'] }]),
    diff: ['a: removed, was string', 'b: added, string, without default'],
    backward: true,
    forward: false,
  },
  {
    name: 'symbols of an enum',
    before: one({ type: 'enum', name: 'E', symbols: ['X', 'Y'] }),
    after: one({ type: 'enum', name: 'E', symbols: ['X', 'Z'] }),
    diff: ['a: symbols were X, Y, are X, Z'],
    backward: false,
    forward: false,
  },
  {
    name: 'a symbol appended to an enum',
    before: one({ type: 'enum', name: 'E', symbols: ['X'] }),
    after: one({ type: 'enum', name: 'E', symbols: ['X', 'Y'] }),
    diff: ['a: symbols were X, are X, Y'],
    backward: true,
    forward: false,
  },
  {
    name: 'a fixed of another size',
    before: one({ type: 'fixed', name: 'F', size: 4 }),
    after: one({ type: 'fixed', name: 'F', size: 8 }),
    diff: ['a: type was F (4 bytes), is F (8 bytes)'],
    backward: false,
    forward: false,
  },
  {
    name: 'items of a list and values of a map',
    before: record([
      { name: 'a', type: { type: 'array', items: 'int' } },
      { name: 'b', type: { type: 'map', values: 'string' } },
    ]),
    after: record([
      { name: 'a', type: { type: 'array', items: 'boolean' } },
      { name: 'b', type: { type: 'map', values: 'int' } },
    ]),
    diff: ['a: type was list of int, is list of boolean', 'b: type was map of string, is map of int'],
    backward: false,
    forward: false,
  },
  {
    name: 'something inside itself',
    before: record([
      { name: 'a', type: ['null', 'R'], default: null },
      { name: 'b', type: 'int' },
    ]),
    after: record([
      { name: 'a', type: ['null', 'n.R'], default: null },
      { name: 'b', type: 'long' },
    ]),
    diff: ['b: type was int, is long'],
    backward: true,
    forward: false,
  },
  {
    name: 'another record',
    before: one('string'),
    after: one('string').replace('"R"', '"Q"'),
    diff: ['Q: renamed from n.R to n.Q'],
    backward: false,
    forward: false,
  },
  {
    name: 'another kind of schema',
    before: one('string'),
    after: '"string"',
    diff: ['string: type was R, is string'],
    backward: false,
    forward: false,
  },
]
