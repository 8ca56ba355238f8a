import { readFileSync } from 'node:fs'
import { type EventSchema, eventSchemaOf, registryEventSchema } from '../avro/event-schema.ts'
import { type SubjectStrategy, subjectOf } from '../avro/subject.ts'
import { RelayError, toError } from '../errors.ts'
import type { RelayTopicsOptions } from '../kafka/topics.ts'
import { topicSpecsOf } from './topics.ts'

/** Where a schema is looked for, and for which topics. */
export interface SubjectUse {
  readonly subject: string
  readonly topics: readonly string[]
}

/** What of a configuration decides about subjects. */
export interface SubjectsConfig {
  readonly topics: RelayTopicsOptions
  readonly schemaRegistry: { readonly subjectStrategy: SubjectStrategy }
}

/** Of all topics of events; one subject may serve several. @param schemaName full name of the record */
export function subjectsOf(config: SubjectsConfig, schemaName: string): readonly SubjectUse[] {
  const { subjectStrategy } = config.schemaRegistry
  const topics = new Map<string, string[]>()
  for (const { topic } of topicSpecsOf(config, ['events', 'route'])) {
    const subject = subjectOf(subjectStrategy, topic, schemaName)
    topics.set(subject, [...(topics.get(subject) ?? []), topic])
  }
  return [...topics].map(([subject, names]) => ({ subject, topics: names }))
}

/**
 * The schema of a file; without one, the schema that this relay writes.
 *
 * @throws RelayError CONFIG_INVALID where the file cannot be read, or is no Avro schema of a record
 */
export function readSchema(file?: string): EventSchema {
  if (file === undefined) return registryEventSchema
  const invalid = (reason: string, cause?: unknown): RelayError =>
    new RelayError('CONFIG_INVALID', `${file}: ${reason}`, { cause, facts: { file } })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw invalid(absent ? 'there is no such file' : toError(error).message, error)
  }
  let schema: EventSchema
  try {
    schema = eventSchemaOf(text)
  } catch (error) {
    throw invalid(`is no Avro schema: ${toError(error).message}`, error)
  }
  if (schema.name === '') throw invalid('is no Avro schema of a record')
  return schema
}
