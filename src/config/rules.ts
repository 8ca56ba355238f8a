import { z } from 'zod'
import { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'

/** Rules for values that come up in several blocks of the configuration file. */

/** A secret: the text itself, or `{ file: path }`, which is how orchestrators hand them over. The loader reads files. */
export const secret: z.ZodType<Secret> = z
  .union([z.string().min(1), z.instanceof(Secret)], 'must be a text, or { file: path }')
  .transform((value) => (value instanceof Secret ? value : new Secret(value)))

export const port: z.ZodNumber = z.number().int().min(0).max(65_535)

/** Beyond it a timer of Node.js fires at once. */
export const longestTimerMs: number = 2 ** 31 - 1

export const milliseconds: z.ZodNumber = z.number().int().positive().max(longestTimerMs)

export const bytes: z.ZodNumber = z.number().int().positive()

export const count: z.ZodNumber = z.number().int().positive()

export const fileName: z.ZodString = z.string().min(1)

export const httpUrl: z.ZodURL = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })

export const tls: z.ZodType<TlsConfig> = z
  .strictObject({
    caFile: fileName.optional(),
    certificateFile: fileName.optional(),
    keyFile: fileName.optional(),
    serverName: z.string().min(1).optional(),
  })
  .refine(
    ({ certificateFile, keyFile }) => (certificateFile === undefined) === (keyFile === undefined),
    'certificateFile and keyFile belong together: give both or neither',
  )
