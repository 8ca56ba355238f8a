import * as z from 'zod'
import { nearestOf } from './nearest.ts'

/**
 * For the parameter `error` of a parse: what is said of an unknown key is which keys there are, one a line. Where it stands, only
 * the issue says, and only the schema that found it knows its keys.
 */
export function keysInstead({ code, inst }: z.core.$ZodRawIssue): string | undefined {
  return code === 'unrecognized_keys' && inst instanceof z.ZodObject
    ? Object.keys(inst.shape).join('\n')
    : undefined
}

/** What {@link keysInstead} made of an issue. */
export function knownKeys(message: string): readonly string[] {
  return message.split('\n')
}

/** `; "timeoutMs" was meant?`, or nothing where no key is near. */
export function meantKey(key: string, known: readonly string[]): string {
  const nearest = nearestOf(key, known)
  return nearest === undefined ? '' : `; "${nearest}" was meant?`
}

/**
 * Of a union's branches the one that was meant tells all: the one that knows the most of the keys that are there, misspelt ones
 * included, and of several the one that got furthest. Others only say "not that type", or know none of the keys.
 */
export function flatten(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): z.core.$ZodIssue[] {
  return issues.flatMap((issue): z.core.$ZodIssue[] => {
    const path = [...base, ...issue.path]
    if (issue.code === 'invalid_key') return [{ ...issue, path, message: messagesOf(issue.issues) }]
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }]
    const branches = issue.errors.map((branch) => flatten(branch, path))
    const [meant] = branches
      .filter((branch) => depth(branch) > path.length)
      .toSorted((a, b) => strangers(a) - strangers(b) || depth(b) - depth(a) || a.length - b.length)
    if (meant !== undefined) return meant
    if (issue.message !== 'Invalid input') return [{ ...issue, path }]
    return [{ ...issue, path, message: messagesOf(branches.flat()) }]
  })
}

function messagesOf(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map(({ message }) => message).join(', or ')
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 1)))
}

/** How many keys are none of the branch's, and near to none of them. */
function strangers(issues: readonly z.core.$ZodIssue[]): number {
  return issues
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? [issue] : []))
    .flatMap(({ keys, message }) => keys.filter((key) => nearestOf(key, knownKeys(message)) === undefined))
    .length
}
