import { isIP } from 'node:net'
import * as z from 'zod'
import type { EndpointConfig } from './endpoint-config.ts'
import { ignore, matchKeys } from './event-rules.ts'
import { headerNameProblem, headerValueProblem, isSingleHeader } from './header-rules.ts'
import {
  count,
  fileName,
  httpUrl,
  milliseconds,
  secret,
  tls,
  unlessWrong,
  withoutCredentials,
} from './rules.ts'
import { webhookSecretProblem } from './webhook-secret.ts'

const endpointName = z
  .string()
  .regex(
    /^[a-zA-Z0-9_-]{1,100}$/,
    'must be 1 to 100 letters, digits, hyphens or underscores: it names a consumer group',
  )

const url = httpUrl.refine(
  withoutCredentials,
  'must not hold user name and password: put them into a header, Authorization: { file: path }, as the word Basic and the base64 of user:password',
)

const headerValue = secret.superRefine((value, context) => {
  const message = headerValueProblem(value.reveal())
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const headerValues = z.union([headerValue.transform((value) => [value]), z.array(headerValue)], {
  error: ({ input }) =>
    input === '' || typeof input === 'number' || typeof input === 'boolean'
      ? undefined
      : 'must be a text, { file: path }, or a list of these',
})

const headerName = z.string().superRefine((name, context) => {
  const message = headerNameProblem(name)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const headers = z.record(headerName, headerValues).superRefine(
  (lines, context) => {
    for (const [name, values] of Object.entries(lines)) {
      if (!isSingleHeader(name) || !Array.isArray(values) || values.length < 2) continue
      context.addIssue({ code: 'custom', path: [name], message: 'may have one value only' })
    }
  },
  { when: unlessWrong() },
)

const signingSecret = secret.superRefine((value, context) => {
  const message = webhookSecretProblem(value.reveal())
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const timeouts = z.strictObject({
  connectMs: milliseconds.optional(),
  headersMs: milliseconds.optional(),
  bodyMs: milliseconds.optional(),
})

const retry = z
  .strictObject({
    firstMs: milliseconds.default(200),
    maxMs: milliseconds.default(30_000),
    slowMs: milliseconds.default(60_000),
    maxRetryAfterMs: milliseconds.default(300_000),
    maxAttempts: count.optional(),
    // No timer waits for it, so it may be months.
    maxAgeMs: count.optional(),
  })
  .refine(({ firstMs, maxMs }) => firstMs <= maxMs, {
    path: ['firstMs'],
    error: 'must not be above maxMs, which is 30000 unless it is given',
    when: unlessWrong('firstMs', 'maxMs'),
  })

const breaker = z
  .strictObject({
    failures: count.default(5),
    openMs: milliseconds.default(1_000),
    maxOpenMs: milliseconds.default(30_000),
  })
  .refine(({ openMs, maxOpenMs }) => openMs <= maxOpenMs, {
    path: ['openMs'],
    error: 'must not be above maxOpenMs, which is 30000 unless it is given',
    when: unlessWrong('openMs', 'maxOpenMs'),
  })

const proxy = z
  .strictObject(
    {
      url: httpUrl
        .refine(
          withoutCredentials,
          'must not hold user name and password: they are keys of their own beside it',
        )
        .refine(withoutPath, 'must be host and port only, without a path'),
      username: z
        .string()
        .min(1)
        .refine(
          (name) => !name.includes(':'),
          'must not hold a colon, which ends the user name in the header',
        )
        .optional(),
      password: secret.optional(),
      caFile: fileName.optional(),
    },
    {
      error: ({ code }) =>
        code === 'invalid_type' ? 'must be keys and values: write { url: … }' : undefined,
    },
  )
  .refine(({ username, password }) => password === undefined || username !== undefined, {
    path: ['password'],
    error: 'needs username beside it',
    when: unlessWrong('username', 'password'),
  })
  .refine((given) => given.caFile === undefined || isHttps(given.url), {
    path: ['caFile'],
    error: 'is for a proxy with an https URL; the authorities of the endpoint stand in tls.caFile',
    when: unlessWrong('caFile', 'url'),
  })

const network = z
  .string()
  .refine(
    isNetwork,
    'must be an address, or a network as address and number of bits: 10.1.2.3, 10.1.0.0/16, fd00::/8',
  )

/** One endpoint of the bridge; what each key means stands in `endpoint-config.ts`. */
export const endpoint: z.ZodType<EndpointConfig> = z
  .strictObject({
    name: endpointName,
    url,
    headers: headers.default({}),
    timeoutMs: milliseconds.default(10_000),
    timeouts: timeouts.prefault({}),
    concurrency: z.number().int().min(1).max(10_000).default(64),
    maxPerSecond: z.number().positive().max(1_000_000).optional(),
    only: z.strictObject(matchKeys).prefault({}),
    ignore: ignore.prefault({}),
    envelope: z.enum(['original', 'distribution-2', 'distribution-3']).default('original'),
    signing: z
      .strictObject({ secrets: z.array(signingSecret).min(1, 'needs at least one secret') })
      .optional(),
    retry: retry.prefault({}),
    breaker: breaker.prefault({}),
    tls: tls.optional(),
    proxy: proxy.optional(),
    addresses: z
      .strictObject({ denyPrivate: z.boolean().default(false), allow: z.array(network).default([]) })
      .prefault({}),
  })
  .superRefine(
    (given, context) => {
      for (const key of ['connectMs', 'headersMs', 'bodyMs'] as const) {
        if ((given.timeouts[key] ?? 0) <= given.timeoutMs) continue
        context.addIssue({
          code: 'custom',
          path: ['timeouts', key],
          message: `must not be above timeoutMs (${given.timeoutMs}), which it is part of`,
        })
      }
    },
    { when: unlessWrong('timeouts', 'timeoutMs') },
  )
  .refine(({ url, tls: files }) => files === undefined || isHttps(url), {
    path: ['tls'],
    error: 'is for an https URL; url says http',
    when: unlessWrong('tls', 'url'),
  })
  .transform(({ timeouts: { connectMs, headersMs, bodyMs }, ...rest }) => ({
    ...rest,
    timeouts: {
      connectMs: connectMs ?? Math.min(5_000, rest.timeoutMs),
      headersMs,
      bodyMs: bodyMs ?? Math.min(2_000, rest.timeoutMs),
    },
  }))

function withoutPath(text: string): boolean {
  if (!URL.canParse(text)) return true
  const { pathname, search, hash } = new URL(text)
  return `${pathname}${search}${hash}`.length <= 1
}

function isHttps(text: string): boolean {
  return /^https:/i.test(text)
}

/** Without a zone: which interface it names may change with each start. */
function isNetwork(text: string): boolean {
  const [address = '', bits = '0', ...more] = text.split('/')
  const family = address.includes('%') ? 0 : isIP(address)
  return (
    family !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  )
}
