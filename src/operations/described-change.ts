import { describeChange, type SchemaChange } from '../avro/schema-diff.ts'

/** With a line for people. */
export interface DescribedChange extends SchemaChange {
  readonly text: string
}

export function described(changes: readonly SchemaChange[]): readonly DescribedChange[] {
  return changes.map((change) => ({ ...change, text: describeChange(change) }))
}
