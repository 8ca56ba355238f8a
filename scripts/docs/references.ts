import type { JsonSchema } from './json-schema.ts'

const name = 'variable'

const reference: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{',
  description:
    'A variable of the environment: ${NAME}, or ${NAME:default}. Inside { } and [ ] it needs quotes, which make it a text.',
}

/** The schema, with `${NAME}` allowed wherever a value stands that would refuse it. */
export function withReferences(schema: JsonSchema): JsonSchema & { definitions: Record<string, JsonSchema> } {
  return { ...allowing(schema), definitions: { [name]: reference } }
}

function allowing(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, examples, ...rule } = schema
  const told = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(examples === undefined ? {} : { examples }),
  }
  if (refusesReferences(rule)) return { ...told, anyOf: [rule, { $ref: `#/definitions/${name}` }] }
  const { anyOf, oneOf, properties, additionalProperties, items, ...plain } = rule
  // Of `oneOf` several branches may fit once a variable stands where they differ.
  const branches = anyOf ?? oneOf
  return {
    ...told,
    ...plain,
    ...(branches === undefined ? {} : { anyOf: branches.map(allowing) }),
    ...(items === undefined ? {} : { items: allowing(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, property]) => [key, allowing(property)]),
          ),
        }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object' ? allowing(additionalProperties) : additionalProperties,
        }),
  }
}

function refusesReferences({ type, enum: values, const: one, pattern, format }: JsonSchema): boolean {
  if (values !== undefined || one !== undefined) return true
  return type === 'string'
    ? pattern !== undefined || format !== undefined
    : type === 'integer' || type === 'number' || type === 'boolean'
}
