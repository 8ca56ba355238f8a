import { knownActions } from '../../src/config/known-actions.ts'
import type { endpointKeys } from '../../src/config/notifications-block.ts'
import type { JsonSchema } from './json-schema.ts'

/** As a registry's decoder takes them: `1s`, `1.5h30m`; a number without a unit is nanoseconds. */
function duration(description: string): JsonSchema {
  return { description, anyOf: [{ type: 'string' }, { type: 'integer' }], examples: ['500ms', '1s'] }
}

function number(description: string): JsonSchema {
  return { description, anyOf: [{ type: 'integer' }, { type: 'string' }] }
}

function texts(description: string, examples: readonly string[] = []): JsonSchema {
  const more = examples.length === 0 ? {} : { examples: [[...examples]] }
  return { description, type: 'array', items: scalar, ...more }
}

/** Whatever is written without keys is a text to Go, where a text is wanted. */
const scalar: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] }

const flag = (description: string): JsonSchema => ({
  description,
  anyOf: [{ type: 'boolean' }, { type: 'string' }],
})

/** The compiler holds the keys to those that are read. */
const endpoint: Record<(typeof endpointKeys)[number], JsonSchema> = {
  name: {
    description:
      'Needed. Names the consumer group, as `name` of `bridge.endpoints`; no other endpoint may have it.',
    ...scalar,
  },
  disabled: flag('`true`: the endpoint is left out. Default: `false`.'),
  url: {
    description:
      'Needed. User name and password become the header `Authorization`, unless `headers` has one.',
    type: 'string',
  },
  headers: {
    description: 'Further header lines, a list of values each. Default: none.',
    type: 'object',
    additionalProperties: { type: 'array', items: scalar },
  },
  timeout: duration('Here `timeoutMs`. Default: that of `timeoutMs`.'),
  backoff: duration('Here `retry.firstMs`: the first wait, which doubles. Default: that of `retry.firstMs`.'),
  maxretries: number('GitLab. Here `retry.maxAttempts`, one more. Default: no limit.'),
  ignoredmediatypes: texts('Added to `ignore.mediatypes`. Default: none.', ['application/octet-stream']),
  ignore: {
    description: 'Events that this endpoint does not get.',
    type: 'object',
    properties: {
      mediatypes: texts('Media types of the target. Default: none.', ['application/octet-stream']),
      actions: texts(
        `Actions of events: ${knownActions.map((action) => `\`${action}\``).join(', ')}. Default: none.`,
        ['pull'],
      ),
    },
  },
  threshold: number('Has no effect here: `breaker` is what pauses an endpoint.'),
  queuepurgetimeout: duration(
    'GitLab. Has no effect here: what is not delivered at a stop is delivered after the next start.',
  ),
  queuesizelimit: number('GitLab. Has no effect here: what waits lies in Kafka.'),
}

/**
 * The block of a registry's own configuration. Its keys are those of Distribution and GitLab, its rules those of Go's decoder,
 * which passes over what it does not know; the bridge warns of that at its start.
 */
export const notificationsSchema: JsonSchema = {
  description:
    'The block of a registry’s own configuration (Distribution 2 and 3, GitLab), pasted as it is: its endpoints come after those of `bridge.endpoints`. Default: none.',
  type: 'object',
  properties: {
    endpoints: {
      description: 'Where the registry posts to. Default: none.',
      type: 'array',
      items: {
        type: 'object',
        properties: endpoint,
      },
    },
    fanouttimeout: duration(
      'GitLab. Has no effect here: what is not delivered at a stop is delivered after the next start.',
    ),
    events: {
      description: 'Has no effect here: events are delivered as the registry made them.',
      type: 'object',
      properties: {
        includereferences: flag(
          'Whether manifest events carry what the manifest refers to. Default: `false`.',
        ),
      },
    },
  },
}
