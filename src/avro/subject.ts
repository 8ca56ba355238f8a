/**
 * How the subject of a topic's values is named. `topic-name`: `<topic>-value`, where every tool looks first.
 * `record-name`: the full name of the schema, the same for all topics. `topic-record-name`: `<topic>-<full name>`.
 */
export type SubjectStrategy = 'topic-name' | 'record-name' | 'topic-record-name'

/** @param schemaName the full name: `io.registry.events.v1.RegistryEvent` */
export function subjectOf(strategy: SubjectStrategy, topic: string, schemaName: string): string {
  if (strategy === 'record-name') return schemaName
  return strategy === 'topic-name' ? `${topic}-value` : `${topic}-${schemaName}`
}
