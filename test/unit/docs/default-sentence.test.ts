import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultIn, names } from '../../../scripts/docs/default-sentence.ts'

const cases: readonly (readonly [description: string, stated: string | undefined, meaning: string])[] = [
  ['Events of one Envelope. Default 10000.', '10000', 'Events of one Envelope.'],
  ['Default `registry.events.v1`.', '`registry.events.v1`', ''],
  [
    'For one call. Default 800: registries give up after 1 s.',
    '800',
    'For one call. Registries give up after 1 s.',
  ],
  ['Default: none. Read again when it changes.', 'none', 'Read again when it changes.'],
  [
    'At most `maxMs`. Default: 5000, or `timeoutMs` where that is less.',
    '5000, or `timeoutMs` where that is less',
    'At most `maxMs`.',
  ],
  ['`spool` (default): on disk. `kafka`: in Kafka.', 'spool', '`spool`: on disk. `kafka`: in Kafka.'],
  ['PEM files, read again when they change.', undefined, 'PEM files, read again when they change.'],
]

for (const [description, stated, meaning] of cases) {
  test(`of "${description}" the default is ${stated ?? 'not said'}`, () => {
    assert.deepEqual(defaultIn(description), { stated, meaning })
  })
}

test('words name a value in the ways that comments write it', () => {
  for (const [stated, value] of [
    ['`spool`', 'spool'],
    ['15000', 15_000],
    ['10 GiB', 10 * 1024 ** 3],
    ['8 KiB', 8192],
    ['`false`', false],
    ['empty', ''],
    ['none', []],
    ['`none`', 'none'],
  ] as const) {
    assert.ok(names(stated, value), `${stated} is ${JSON.stringify(value)}`)
  }
  for (const [stated, value] of [
    ['15000', 5_000],
    ['10 GiB', 10],
    ['none', ['x']],
    ['`true`', false],
  ] as const) {
    assert.ok(!names(stated, value), `${stated} is not ${JSON.stringify(value)}`)
  }
})
