import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { clickhouseColumns, flinkColumns, ksqldbColumns } from '../../../scripts/docs/table-columns.ts'

const fields = [
  { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
  {
    name: 'target',
    type: [
      'null',
      {
        type: 'record',
        name: 'Target',
        fields: [
          { name: 'size', type: ['null', 'long'] },
          {
            name: 'platform',
            type: [
              'null',
              { type: 'record', name: 'Platform', fields: [{ name: 'os', type: ['null', 'string'] }] },
            ],
          },
          {
            name: 'refs',
            type: [
              'null',
              {
                type: 'array',
                items: {
                  type: 'record',
                  name: 'Descriptor',
                  fields: [{ name: 'platform', type: ['null', 'Platform'] }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
  { name: 'meta', type: ['null', { type: 'map', values: 'string' }] },
  { name: 'urls', type: ['null', { type: 'array', items: 'string' }] },
  { name: 'count', type: ['null', 'int'] },
]

test('records are rows in Flink, one that is named again too', (t) => {
  assert.deepEqual(flinkColumns(schemaOf(t, fields)).split('\n'), [
    '  `at` TIMESTAMP(3),',
    '  `target` ROW<`size` BIGINT, `platform` ROW<`os` STRING>, `refs` ARRAY<ROW<`platform` ROW<`os` STRING>>>>,',
    '  `meta` MAP<STRING, STRING>,',
    '  `urls` ARRAY<STRING>,',
    '  `count` INT',
  ])
})

test('records are structs in ksqlDB', (t) => {
  assert.deepEqual(ksqldbColumns(schemaOf(t, fields)).split('\n'), [
    '  `at` TIMESTAMP,',
    '  `target` STRUCT<`size` BIGINT, `platform` STRUCT<`os` VARCHAR>, `refs` ARRAY<STRUCT<`platform` STRUCT<`os` VARCHAR>>>>,',
    '  `meta` MAP<VARCHAR, VARCHAR>,',
    '  `urls` ARRAY<VARCHAR>,',
    '  `count` INTEGER',
  ])
})

test('records are tuples in ClickHouse, and neither they nor lists and maps are nullable', (t) => {
  assert.deepEqual(clickhouseColumns(schemaOf(t, fields)).split('\n'), [
    "  at Nullable(DateTime64(3, 'UTC')),",
    '  target Tuple(size Nullable(Int64), platform Tuple(os Nullable(String)), refs Array(Tuple(platform Tuple(os Nullable(String))))),',
    '  meta Map(String, String),',
    '  urls Array(String),',
    '  count Nullable(Int32)',
  ])
})

test('a type that has no column is an error, not a column of another', (t) => {
  const file = schemaOf(t, [{ name: 'raw', type: ['null', 'bytes'] }])
  for (const columns of [flinkColumns, ksqldbColumns, clickhouseColumns]) {
    assert.throws(() => columns(file), { message: 'no column type for "bytes"' })
  }
})

function schemaOf(t: TestContext, of: readonly object[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-schema-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'schema.avsc')
  writeFileSync(file, JSON.stringify({ fields: of }))
  return file
}
