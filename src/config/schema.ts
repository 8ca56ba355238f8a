import * as z from 'zod'
import type { Config, RouteConfig } from './config.ts'
import { endpoint } from './endpoint-schema.ts'
import { matchKeys } from './event-rules.ts'
import { gateway } from './gateway-schema.ts'
import {
  bytes,
  fileName,
  httpUrl,
  milliseconds,
  port,
  secret,
  tls,
  unlessWrong,
  withoutCredentials,
} from './rules.ts'

/**
 * The rules of the configuration file; what each key means stands in `config.ts`, `gateway-config.ts` and `endpoint-config.ts`, and
 * the compiler holds the two together. Every key has a default but the addresses; an unknown key is an error, because a
 * misspelt limit that is silently ignored is found out in an outage.
 */

const topicName = z
  .string()
  .regex(
    /^[a-zA-Z0-9._-]{1,249}$/,
    'must be a topic name: 1 to 249 letters, digits, dots, hyphens or underscores',
  )

/** One address, a comma-separated list (as variables give it), or a YAML list. */
const addresses = z
  .union([z.string(), z.array(z.string())], 'must be a text, or a list of texts')
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value)
      .map((address) => address.trim())
      .filter((address) => address !== ''),
  )

const brokers = addresses
  .refine((list) => list.length > 0, 'needs at least one address, as kafka-1:9092')
  .refine(
    (list) => list.length === 0 || list.every(isAddress),
    'each must be host:port, as kafka-1:9092 (a host name for an IPv6 address)',
  )

const sasl = z.discriminatedUnion('mechanism', [
  z.strictObject({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
    username: z.string().min(1),
    password: secret,
  }),
  z.strictObject({
    mechanism: z.literal('oauthbearer'),
    tokenUrl: httpUrl,
    clientId: z.string().min(1),
    clientSecret: secret,
    scope: z.string().min(1).optional(),
    audience: z.string().min(1).optional(),
    caFile: fileName.optional(),
  }),
])

const kafka = z.strictObject({
  brokers,
  clientId: z.string().min(1).default('registry-relay'),
  tls: z.union([z.boolean(), tls], 'must be true, false, or PEM files: { caFile: path }').default(false),
  sasl: sasl.optional(),
  compression: z.enum(['none', 'gzip', 'zstd', 'snappy', 'lz4']).default('none'),
  connectionTimeoutMs: milliseconds.optional(),
  requestTimeoutMs: milliseconds.default(15_000),
})

const route = z
  .strictObject({ topic: topicName, ...matchKeys })
  .refine(
    ({ actions, mediaTypes, repositories: { include, exclude } }) =>
      [actions, mediaTypes, include, exclude].some((list) => list.length > 0),
    {
      error: 'must say which events it takes: actions, mediaTypes or repositories',
      when: unlessWrong('actions', 'mediaTypes', 'repositories'),
    },
  )

const topics = z
  .strictObject({
    events: topicName.default('registry.events.v1'),
    deadLetters: topicName.default('registry.events.dlq.v1'),
    rejected: topicName.default('registry.events.rejected.v1'),
    partitions: z.number().int().min(1).max(10_000).default(12),
    replicationFactor: z.number().int().min(1).max(32_767).default(3),
    routes: z.array(route).default([]),
  })
  .superRefine(
    ({ routes, deadLetters, rejected }, context) => {
      if (!Array.isArray(routes)) return
      // Also of routes in which something else is wrong, so that they may be anything.
      for (const [index, route] of routes.entries()) {
        const topic: unknown = (route as Partial<RouteConfig> | null | undefined)?.topic
        const other = topic === deadLetters ? 'deadLetters' : topic === rejected ? 'rejected' : undefined
        if (other === undefined) continue
        context.addIssue({
          code: 'custom',
          path: ['routes', index, 'topic'],
          message: `is topics.${other} too: records there are no events; name another topic`,
        })
      }
    },
    { when: unlessWrong('deadLetters', 'rejected') },
  )
  // A bridge that reads its own dead letters makes a dead letter of each.
  .superRefine(
    ({ events, deadLetters, rejected }, context) => {
      const addIssue = (key: string, other: string): void => {
        const message = `is topics.${other} too: events, deadLetters and rejected must be three topics`
        context.addIssue({ code: 'custom', path: [key], message })
      }
      if (deadLetters === events) addIssue('deadLetters', 'events')
      if (rejected === events) addIssue('rejected', 'events')
      else if (rejected === deadLetters) addIssue('rejected', 'deadLetters')
    },
    { when: unlessWrong('events', 'deadLetters', 'rejected') },
  )

const records = z.strictObject({
  keyPrefix: z.string().max(1_000).default(''),
  cloudEvents: z.boolean().default(false),
  traceparent: z.boolean().default(false),
})

const registryUrls = addresses
  .refine((list) => list.length > 0, 'needs at least one URL, as http://schema-registry:8081')
  .refine(
    (list) => list.every((url) => httpUrl.safeParse(url).success),
    'each must be an http or https URL, as http://schema-registry:8081',
  )
  .refine(
    (list) => list.every(withoutCredentials),
    'must not hold user name and password: give schemaRegistry.username and schemaRegistry.password',
  )

const schemaRegistry = z
  .strictObject({
    url: registryUrls,
    mode: z.enum(['lookup', 'register']).default('lookup'),
    username: z.string().min(1).optional(),
    password: secret.optional(),
    token: secret.optional(),
    tls: tls.optional(),
    timeoutMs: milliseconds.default(5_000),
    subjectStrategy: z.enum(['topic-name', 'record-name', 'topic-record-name']).default('topic-name'),
    revalidateMs: milliseconds.default(300_000),
    cacheFile: fileName.optional(),
  })
  .refine(({ username, password }) => password === undefined || username !== undefined, {
    path: ['password'],
    error: 'needs schemaRegistry.username beside it',
    when: unlessWrong('username', 'password'),
  })
  .refine(({ username, token }) => token === undefined || username === undefined, {
    path: ['token'],
    error: 'cannot stand beside schemaRegistry.username: give user name and password, or a token',
    when: unlessWrong('username', 'token'),
  })
  .transform(({ url, ...rest }) => ({ urls: url, ...rest }))

const mebibyte = 1024 * 1024

const spool = z
  .strictObject({
    folder: fileName.default('registry-relay-spool'),
    maxBytes: bytes.min(mebibyte).default(10 * 1024 * mebibyte),
    segmentBytes: bytes.min(64 * 1024).optional(),
    warnAgeMs: milliseconds.default(900_000),
  })
  .refine(({ maxBytes, segmentBytes = 0 }) => segmentBytes <= maxBytes / 8, {
    path: ['segmentBytes'],
    error: 'must be at most an eighth of spool.maxBytes: space comes free by whole segments',
    when: unlessWrong('segmentBytes', 'maxBytes'),
  })
  .transform(({ segmentBytes, ...rest }) => ({
    ...rest,
    segmentBytes: segmentBytes ?? Math.min(64 * mebibyte, Math.floor(rest.maxBytes / 8)),
  }))

const bridge = z
  .strictObject({
    group: z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, hyphens or underscores')
      .default('registry-relay'),
    unknownSchemaMs: milliseconds.default(900_000),
    endpoints: z
      .array(endpoint)
      .default([])
      .superRefine(
        (list, context) => {
          const names = new Set<unknown>()
          for (const [index, item] of list.entries()) {
            // Also of those in which something else is wrong, so that they may be anything.
            const name: unknown = (item as Partial<typeof item> | null | undefined)?.name
            if (typeof name === 'string' && names.has(name)) {
              const message = `an endpoint before has the name ${JSON.stringify(name)} too: each names a consumer group, so give this one another`
              context.addIssue({ code: 'custom', path: [index, 'name'], message })
            }
            names.add(name)
          }
        },
        { when: unlessWrong() },
      ),
  })
  .transform((block) => ({ ...block, remarks: [], notes: [], disabledEndpoints: [] }))

const management = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(9090),
})

const logging = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  format: z.enum(['auto', 'pretty', 'json']).default('auto'),
})

export const configSchema: z.ZodType<Config> = z
  .strictObject({
    kafka: kafka.prefault({} as z.input<typeof kafka>),
    topics: topics.prefault({}),
    records: records.prefault({}),
    schemaRegistry: schemaRegistry.prefault({} as z.input<typeof schemaRegistry>),
    gateway: gateway.prefault({}),
    spool: spool.prefault({}),
    bridge: bridge.prefault({}),
    management: management.prefault({}),
    logging: logging.prefault({}),
    // Read by the rules of a registry, see `notifications-endpoints.ts`.
    notifications: z.unknown().optional(),
  })
  // A notification is stored as fields and, at worst, as text beside them, and space comes free by whole segments: with
  // less, one large body could be refused for ever.
  .superRefine(
    ({ gateway: { ackMode, maxBodyBytes }, spool: { maxBytes } }, context) => {
      if (ackMode === 'kafka' || maxBytes >= 4 * maxBodyBytes) return
      context.addIssue({
        code: 'custom',
        path: ['spool', 'maxBytes'],
        message: `must be at least 4 times gateway.maxBodyBytes, ${4 * maxBodyBytes}; it is ${maxBytes}`,
      })
    },
    { when: unlessWrong('gateway.ackMode', 'gateway.maxBodyBytes', 'spool.maxBytes') },
  )
  .transform(({ notifications: _, ...config }) => config)

function isAddress(text: string): boolean {
  const [, port] = /^[^:\s/@]+:(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535
}
