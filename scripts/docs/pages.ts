import { avroFields } from './avro-fields.ts'
import { configJsonSchema, describedConfig } from './config-schema.ts'
import { configTables } from './config-tables.ts'
import { errorTable } from './error-table.ts'
import { metricTables } from './metric-table.ts'
import type { Page } from './page.ts'
import { recipeTables } from './recipe-tables.ts'

/** All that `npm run docs` writes. */
export const pages: readonly Page[] = [
  { file: 'docs/avro.md', marker: 'fields', make: () => avroFields('schemas/registry-event.v1.avsc') },
  { file: 'docs/configuration.md', marker: 'keys', make: () => configTables(describedConfig()) },
  { file: 'docs/errors.md', marker: 'codes', make: errorTable },
  { file: 'docs/metrics.md', marker: 'metrics', make: metricTables },
  ...recipeTables,
  { file: 'schemas/config.schema.json', make: () => JSON.stringify(configJsonSchema(), null, 2) },
]
