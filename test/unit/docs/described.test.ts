import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { describe } from '../../../scripts/docs/described.ts'
import { DocComments } from '../../../scripts/docs/doc-comments.ts'
import type { JsonSchema } from '../../../scripts/docs/json-schema.ts'

const same = { renamed: new Map<string, string>(), notInFile: new Set<string>() }

/** The schema with the words of the interface `Config` in the source. */
function described(t: TestContext, source: string, schema: JsonSchema, differences = same): JsonSchema {
  const folder = mkdtempSync(join(tmpdir(), 'described-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.ts')
  writeFileSync(file, source)
  describe(schema, new DocComments([file]).shapeOf('Config'), differences)
  return schema
}

const block = (properties: Record<string, JsonSchema>): JsonSchema => ({ type: 'object', properties })

test('each key gets the words of its member, and a block those of its interface behind them', (t) => {
  const source = `
    /** Said of every one. */
    interface Inner {
      /** How long. */
      readonly ms: number
    }
    interface Extended extends Inner {
      /** One name
       * or another.
       * @example [a, 1]
       * @example b
       */
      readonly name?: string | undefined
    }
    interface Config {
      /** The block. */
      readonly inner: Inner
      readonly list: readonly Extended[]
      readonly either: false | Inner
    }`
  const inner = (): JsonSchema => block({ ms: { type: 'integer' } })
  const { properties } = described(
    t,
    source
      .replace('readonly list', '/** The list. */ readonly list')
      .replace('readonly either', '/** Or none. */ readonly either'),
    block({
      inner: inner(),
      list: { type: 'array', items: block({ ms: { type: 'integer' }, name: { type: 'string' } }) },
      either: { anyOf: [{ type: 'boolean' }, inner()] },
    }),
  )
  assert.equal(properties?.['inner']?.description, 'The block. Said of every one.')
  assert.equal(properties['inner'].properties?.['ms']?.description, 'How long.')
  assert.equal(properties['list']?.items?.properties?.['name']?.description, 'One name or another.')
  assert.deepEqual(properties['list'].items.properties['name'].examples, [['a', 1], 'b'])
  assert.equal(properties['list'].items.properties['ms']?.description, 'How long.')
  assert.equal(properties['either']?.anyOf?.[1]?.properties?.['ms']?.description, 'How long.')
})

test('a key without words, one that only one of the two has, and a default that is another are faults, all told at once', (t) => {
  const source = `
    interface Config {
      readonly bare: string
      /** Default 5. */
      readonly other: number
      /** Nobody reads it. */
      readonly unread: string
    }`
  const schema = block({
    bare: { type: 'string' },
    other: { type: 'integer', default: 6 },
    undeclared: { type: 'string' },
  })
  assert.throws(() => described(t, source, schema), {
    message: [
      'bare: has no doc comment',
      'other: says the default is 5, the rule has 6',
      'undeclared: the interface has no such member',
      'unread: no rule reads it',
    ].join('\n'),
  })
})

test('differences that are meant are no faults', (t) => {
  const source = `
    interface Config {
      /** Where. */
      readonly urls: readonly string[]
      readonly remarks: readonly string[]
    }`
  const { properties } = described(t, source, block({ url: { type: 'string' } }), {
    renamed: new Map([['url', 'urls']]),
    notInFile: new Set(['remarks']),
  })
  assert.equal(properties?.['url']?.description, 'Where.')
})
