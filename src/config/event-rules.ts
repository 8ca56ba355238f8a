import * as z from 'zod'
import type { EndpointIgnoreConfig, OnlyConfig } from './endpoint-config.ts'
import { actionProblem, knownActions } from './known-actions.ts'

/** Lists that say which events are meant. An empty list says nothing. */

type Texts = z.ZodDefault<z.ZodArray<z.ZodString>>
type Strict<Keys extends z.core.$ZodShape> = z.ZodObject<Keys, z.core.$strict>

type MatchKeys = {
  readonly actions: Texts
  readonly mediaTypes: Texts
  readonly repositories: z.ZodPrefault<Strict<{ include: Texts; exclude: Texts }>>
}

const texts: Texts = z.array(z.string().min(1)).default([])

/** With the empty text: what has no media type, which all deletes have not. */
const mediaTypes = z.array(z.string()).default([])

/** A misspelt action meets no event: what was to be kept out would come through, and the other way round. */
const actions = z
  .array(
    z.string().superRefine((action, context) => {
      const message = actionProblem(action)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    }),
  )
  .default([])

const repositories = z
  .strictObject(
    { include: texts, exclude: texts },
    {
      error: ({ code }) =>
        code === 'invalid_type'
          ? 'must say which: write { include: ["team/**"] }, or { exclude: […] }'
          : undefined,
    },
  )
  .prefault({})

/** Keys of rules that an event must meet. */
export const matchKeys: MatchKeys = { actions, mediaTypes, repositories }

/** Events that are not wanted. */
export const ignore: Strict<MatchKeys & { userAgents: Texts; methods: Texts }> = z.strictObject({
  ...matchKeys,
  userAgents: texts,
  methods: texts,
})

/** Why no event is left between the two; `undefined` where one may be. Looks at what is compared exactly, not at patterns. */
export function nothingLeft(only: OnlyConfig, ignored: EndpointIgnoreConfig): string | undefined {
  const all = only.actions.length === 0 ? knownActions : only.actions
  const areIgnored = (list: readonly string[], among: readonly string[]): boolean =>
    list.every((one) => among.includes(one))
  if (areIgnored(all, ignored.actions)) {
    const which = only.actions.length === 0 ? 'that registries send' : 'of only.actions'
    return `leaves nothing: it has every action ${which}, so this endpoint never gets an event`
  }
  if (only.mediaTypes.length > 0 && areIgnored(only.mediaTypes, ignored.mediaTypes)) {
    return 'leaves nothing: it has every media type of only.mediaTypes, so this endpoint never gets an event'
  }
  return undefined
}
