import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configTables } from '../../../scripts/docs/config-tables.ts'
import type { JsonSchema } from '../../../scripts/docs/json-schema.ts'

const secret: JsonSchema = {
  anyOf: [{ type: 'string' }, { type: 'object', properties: { file: { type: 'string' } } }],
}

/** The rows of the tables of these blocks, those of heads left out. */
function rows(properties: Record<string, JsonSchema>): readonly string[] {
  const lines = configTables({ type: 'object', properties }).split('\n')
  return lines.filter((line) => line.startsWith('| `'))
}

const block = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  description: 'A block.',
  properties,
  ...more,
})

test('a row has key, type with bounds, default, meaning and variable', () => {
  const gateway = block(
    {
      maxBytes: { type: 'integer', minimum: 1, default: 8192, description: 'How much | or less.' },
      maxAgeMs: { type: 'integer', minimum: 1, maximum: 10, default: 120_000, description: 'How long.' },
      mode: { type: 'string', enum: ['a', 'b'], default: 'a', description: '`a` (default): so. `b`: so.' },
      host: { type: 'string', description: 'Where. Default: the name of the host.' },
      perSecond: { type: 'number', exclusiveMinimum: 0, description: 'How fast. Default: no limit.' },
      key: { ...secret, description: 'Of the lock.' },
    },
    { required: ['key'] },
  )
  assert.deepEqual(rows({ gateway }), [
    '| `maxBytes` | whole number, 1 or more | `8192` (8 KiB) | How much \\| or less. | `REGISTRY_RELAY_GATEWAY__MAX_BYTES` |',
    '| `maxAgeMs` | whole number, 1 to 10 | `120000` (2 min) | How long. | `REGISTRY_RELAY_GATEWAY__MAX_AGE_MS` |',
    '| `mode` | `a`, `b` | `a` | `a`: so. `b`: so. | `REGISTRY_RELAY_GATEWAY__MODE` |',
    '| `host` | text | the name of the host | Where. | `REGISTRY_RELAY_GATEWAY__HOST` |',
    '| `perSecond` | number, above 0 | no limit | How fast. | `REGISTRY_RELAY_GATEWAY__PER_SECOND` |',
    '| `key` | secret | **required** | Of the lock. | `REGISTRY_RELAY_GATEWAY__KEY` |',
  ])
})

test('what is in a list has no variable, because lists are set as a whole; a block without words is part of the names', () => {
  const endpoint = block({
    name: { type: 'string', pattern: '^a\\/b|c$', description: 'Of it.' },
    only: {
      type: 'object',
      properties: {
        include: { type: 'array', items: { type: 'string' }, default: [], description: 'Which.' },
      },
    },
  })
  const bridge = block({ list: { type: 'array', items: endpoint, description: 'Them. Default: none.' } })
  assert.deepEqual(rows({ bridge }), [
    '| `list` | list of [`bridge.list[]`](#bridgelist) | none | Them. | `REGISTRY_RELAY_BRIDGE__LIST` |',
    '| `name` | text: `^a/b\\|c$` | none | Of it. |',
    '| `only.include` | list of texts | none | Which. |',
  ])
})

test('of several blocks that may stand at one place each has its table', () => {
  const kafka = block({
    tls: {
      description: 'Whether, and how. Or not.',
      default: false,
      anyOf: [{ type: 'boolean' }, block({ caFile: { type: 'string', description: 'Whom to trust.' } })],
    },
    sasl: {
      description: 'By what.',
      oneOf: [
        block({ way: { const: 'x', description: 'First.' } }, { required: ['way'], description: 'So.' }),
        block({ way: { const: 'y', description: 'Second.' } }, { required: ['way'], description: 'Or so.' }),
      ],
    },
  })
  const text = configTables({ properties: { kafka } })
  assert.deepEqual(
    text.split('\n').filter((line) => /^(?:###|Either|Or|\| `(?:tls|sasl|way))/.test(line)),
    [
      '### `kafka`',
      '| `tls` | `true`, `false`, or [`kafka.tls`](#kafkatls) | `false` | Whether, and how. Or not. | `REGISTRY_RELAY_KAFKA__TLS` |',
      '| `sasl` | [`kafka.sasl`](#kafkasasl) | none | By what. |  |',
      '### `kafka.tls`',
      '### `kafka.sasl`',
      'Either: So.',
      '| `way` | `x` | **required** | First. | `REGISTRY_RELAY_KAFKA__SASL__WAY` |',
      'Or: Or so.',
      '| `way` | `y` | **required** | Second. | `REGISTRY_RELAY_KAFKA__SASL__WAY` |',
    ],
  )
})
