import * as z from 'zod'
import { bearerTokenProblem } from './bearer-token.ts'
import { ignore } from './event-rules.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { redacts } from './redacts.ts'
import { bytes, count, fileName, milliseconds, port, secret, unlessWrong } from './rules.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

const token = secret.superRefine((value, context) => {
  const message = bearerTokenProblem(value.reveal())
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const credential = z.union(
  [
    z.strictObject({ bearer: token }),
    z.strictObject({
      username: z
        .string()
        .min(1)
        .refine(
          (name) => !name.includes(':'),
          'must not hold a colon, which ends the user name in the header',
        ),
      password: secret,
    }),
  ],
  'must be { bearer: token } or { username: text, password: text }; a secret may be { file: path }',
)

const tls = z.strictObject({
  certificateFile: fileName,
  keyFile: fileName,
  clientCaFile: fileName.optional(),
})

const limits = z
  .strictObject({
    headersTimeoutMs: milliseconds.default(10_000),
    requestTimeoutMs: milliseconds.default(15_000),
    keepAliveTimeoutMs: milliseconds.default(5_000),
    checkIntervalMs: milliseconds.default(2_000),
    tlsHandshakeTimeoutMs: milliseconds.default(10_000),
    maxHeaderBytes: bytes
      .min(kibibyte)
      .max(64 * kibibyte)
      .default(8 * kibibyte),
    maxHeaders: count.default(256),
    maxRequestsPerConnection: count.default(1_000),
    maxConnections: count.default(2_048),
    maxBodiesBytes: bytes.default(256 * mebibyte),
    bodyGraceMs: milliseconds.default(5_000),
    minBodyBytesPerSecond: count.default(1_024),
    lingerMs: milliseconds.default(2_000),
    maxEvents: count.default(10_000),
  })
  .refine(({ headersTimeoutMs, requestTimeoutMs }) => headersTimeoutMs <= requestTimeoutMs, {
    path: ['headersTimeoutMs'],
    error: 'must not be above requestTimeoutMs, which the header lines are part of',
    when: unlessWrong('headersTimeoutMs', 'requestTimeoutMs'),
  })

const redact = z
  .strictObject({
    preset: z.enum(['none', 'recommended']).default('none'),
    rules: z
      .array(
        z.strictObject({
          pointer: z
            .string()
            .regex(
              /^(\/([^~/]|~[01])*)+$/,
              'must be a JSON pointer into an event, such as /actor/user; ~ is written ~0, / within a name ~1',
            ),
          action: z.enum(['keep', 'drop', 'mask', 'hmac', 'truncate-ip']),
        }),
      )
      .default([]),
    key: secret.optional(),
    keyId: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores')
      .default('1'),
  })
  .superRefine(
    ({ rules, key }, context) => {
      if (key !== undefined || !Array.isArray(rules)) return
      // Also of rules in which something else is wrong, so that they may be anything.
      for (const [index, rule] of rules.entries()) {
        if ((rule as Partial<typeof rule> | null)?.action !== 'hmac') continue
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'action'],
          message: 'hmac needs a key: set gateway.redact.key, best as { file: path }',
        })
      }
    },
    { when: unlessWrong('key') },
  )

const duplicates = z.strictObject({
  maxEvents: z.number().int().min(0).default(100_000),
  maxAgeMs: milliseconds.default(600_000),
})

const quarantine = z.strictObject({
  content: z.enum(['keep', 'events', 'digest']).optional(),
  oversize: z.enum(['file', 'cut']).optional(),
  maxFileBytes: bytes.default(kibibyte * mebibyte),
})

export const gateway: z.ZodType<GatewayConfig> = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: port.default(8080),
    path: z
      .string()
      .regex(/^\/[^?#\s]*$/, 'must be a path that begins with /')
      .default('/notifications'),
    maxBodyBytes: bytes.default(32 * mebibyte),
    ackBudgetMs: milliseconds.default(800),
    publisherId: z.string().min(1).optional(),
    ackMode: z.enum(['spool', 'kafka']).default('spool'),
    strict: z.boolean().default(false),
    credentials: z.array(credential).default([]),
    tls: tls.optional(),
    limits: limits.prefault({}),
    ignore: ignore.prefault({}),
    redact: redact.prefault({}),
    duplicates: duplicates.prefault({}),
    quarantine: quarantine.prefault({}),
  })
  .superRefine(
    ({ maxBodyBytes, limits: { maxBodiesBytes } }, context) => {
      if (maxBodiesBytes >= maxBodyBytes) return
      context.addIssue({
        code: 'custom',
        path: ['limits', 'maxBodiesBytes'],
        message: `must be at least gateway.maxBodyBytes (${maxBodyBytes}), or no large body is ever taken; it is ${maxBodiesBytes}`,
      })
    },
    { when: unlessWrong('maxBodyBytes', 'limits.maxBodiesBytes') },
  )
  .refine(({ ackMode, quarantine: { oversize } }) => ackMode !== 'kafka' || oversize !== 'file', {
    path: ['quarantine', 'oversize'],
    error:
      'file needs ackMode spool: without a spool there is no folder for the files; leave it out, or set cut',
    when: unlessWrong('ackMode', 'quarantine.oversize'),
  })
  .transform((config) => {
    const { content = redacts(config.redact) ? 'events' : 'keep', maxFileBytes } = config.quarantine
    const { oversize = config.ackMode === 'kafka' ? 'cut' : 'file' } = config.quarantine
    return { ...config, quarantine: { content, oversize, maxFileBytes } }
  })
