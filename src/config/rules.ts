import * as z from 'zod'
import { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'

/** Rules for values that come up in several blocks of the configuration file. */

/** A secret: the text itself, or `{ file: path }`, which is how orchestrators hand them over. The loader reads files. */
export const secret: z.ZodType<Secret> = z
  .union([z.string().min(1), z.instanceof(Secret)], { error: ({ input }) => secretProblem(input) })
  .transform((value) => (value instanceof Secret ? value : new Secret(value)))

export const port: z.ZodNumber = z
  .number()
  .int()
  .min(0, 'must be a port, 0 to 65535')
  .max(65_535, 'must be a port, 0 to 65535')

/** Beyond it a timer of Node.js fires at once. */
export const longestTimerMs: number = 2 ** 31 - 1

export const milliseconds: z.ZodNumber = z
  .number()
  .int()
  .positive()
  .max(longestTimerMs, `must be at most ${longestTimerMs} (24 days): no timer waits longer`)

export const bytes: z.ZodNumber = z.number().int().positive()

export const count: z.ZodNumber = z.number().int().positive()

export const fileName: z.ZodString = z.string().min(1)

export const httpUrl: z.ZodURL = z.url({
  protocol: /^https?$/,
  error: 'must be an http or https URL, as https://host:8443/path',
})

/**
 * For the parameter `when` of a rule about several values: it is looked at as soon as these are right themselves, whatever else
 * is wrong. Paths are those from the block that has the rule.
 */
export function unlessWrong(...paths: readonly string[]): (payload: z.core.ParsePayload) => boolean {
  return ({ issues }) =>
    !issues.some(({ code, path = [] }) => {
      if (code === 'unrecognized_keys') return false
      if (path.length === 0) return true
      const wrong = path.map(String).join('.')
      return paths.some((one) => one === wrong || one.startsWith(`${wrong}.`) || wrong.startsWith(`${one}.`))
    })
}

export const tls: z.ZodType<TlsConfig> = z
  .strictObject({
    caFile: fileName.optional(),
    certificateFile: fileName.optional(),
    keyFile: fileName.optional(),
    serverName: z.string().min(1).optional(),
  })
  .refine(({ certificateFile, keyFile }) => (certificateFile === undefined) === (keyFile === undefined), {
    error: 'certificateFile and keyFile belong together: give both or neither',
    when: unlessWrong('certificateFile', 'keyFile'),
  })

/** True for a URL without user name and password, and for what is no URL. */
export function withoutCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

function secretProblem(input: unknown): string {
  if (input === '') return 'must not be empty'
  return typeof input === 'number' || typeof input === 'boolean'
    ? 'must be a text: put it in quotes, or write { file: path }'
    : 'must be a text, or { file: path }'
}
