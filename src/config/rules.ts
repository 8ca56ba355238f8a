import { z } from 'zod'
import { Secret } from './secret.ts'

/** Rules for values that come up in several blocks of the configuration file. */

/** A secret: the text itself, or `{ file: path }`, which is how orchestrators hand them over. The loader reads files. */
export const secret: z.ZodType<Secret> = z
  .union([z.string().min(1), z.instanceof(Secret)], 'must be a text, or { file: path }')
  .transform((value) => (value instanceof Secret ? value : new Secret(value)))

export const port: z.ZodNumber = z.number().int().min(0).max(65_535)

/** Beyond 2^31 - 1 a timer of Node.js fires at once. */
export const milliseconds: z.ZodNumber = z
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1)

export const bytes: z.ZodNumber = z.number().int().positive()

export const count: z.ZodNumber = z.number().int().positive()

export const fileName: z.ZodString = z.string().min(1)
