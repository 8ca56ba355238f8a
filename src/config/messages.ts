import type { z } from 'zod'
import { valueAt } from './config-path.ts'
import { keysInstead } from './issues.ts'
import { nearestOf } from './nearest.ts'
import { Secret } from './secret.ts'

/**
 * For the parameter `error` of a parse: what is wrong with a value, in words that say what to write instead. Of a value that
 * was given it says the kind and never more, for it may be a secret. Undefined: the rule says it itself.
 */
export function issueMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(String(issue.expected), issue.input)
    case 'invalid_value':
      return oneOf(issue.values.map(String), issue.input)
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue['options'])
        ? oneOf(issue['options'].map(String), valueAt(issue.input, [String(issue['discriminator'])]))
        : undefined
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum), issue.inclusive !== false)
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum))
    case 'unrecognized_keys':
      return keysInstead(issue)
    default:
      return undefined
  }
}

function wrongType(expected: string, input: unknown): string {
  if (input === null) {
    const none = expected === 'array' ? 'write [] for none' : 'give it one'
    return `has no value: ${none}, or take the key out`
  }
  switch (expected) {
    case 'string':
      return typeof input === 'object'
        ? `must be a text, not ${kindOf(input)}`
        : `must be a text, not ${kindOf(input)}: put it in quotes`
    case 'int':
    case 'number':
      return wrongNumber(expected, input)
    case 'boolean':
      return `must be true or false${meantSwitch(input) ?? `, not ${kindOf(input)}`}`
    case 'array':
      return typeof input === 'object'
        ? `must be a list, not ${kindOf(input)}: begin each of its items with "- "`
        : `must be a list, not ${kindOf(input)}: put it in [ ]`
    case 'object':
    case 'record':
      return `must be keys and values, not ${kindOf(input)}`
    default:
      return `must be ${expected}, not ${kindOf(input)}`
  }
}

function wrongNumber(expected: string, input: unknown): string {
  if (typeof input === 'number') return expected === 'int' ? 'must be a whole number' : 'must be a number'
  if (typeof input === 'string' && /^\d+$/.test(input)) return 'must be a number: take the quotes away'
  return typeof input === 'string' && /^\d+ ?[a-z]+$/i.test(input)
    ? 'must be a number, without a unit behind it'
    : `must be a number, not ${kindOf(input)}`
}

function meantSwitch(input: unknown): string | undefined {
  if (typeof input !== 'string') return undefined
  if (/^(?:yes|on|y|1)$/i.test(input)) return ': write true'
  return /^(?:no|off|n|0)$/i.test(input) ? ': write false' : undefined
}

function oneOf(values: readonly string[], input: unknown): string {
  const nearest = typeof input === 'string' ? nearestOf(input, values) : undefined
  const listed = values.length === 1 ? values[0] : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
  return `must be ${listed}${nearest === undefined ? '' : `; "${nearest}" was meant?`}`
}

function tooSmall(origin: string, minimum: number, inclusive: boolean): string {
  if (origin === 'string')
    return minimum === 1 ? 'must not be empty' : `must have ${minimum} characters or more`
  if (origin === 'array') return `needs at least ${minimum === 1 ? 'one' : minimum}`
  return inclusive ? `must be at least ${minimum}` : `must be above ${minimum}`
}

function tooBig(origin: string, maximum: number): string {
  return origin === 'string' ? `must have ${maximum} characters or fewer` : `must be at most ${maximum}`
}

/** Of a value of the configuration, for a sentence. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (value instanceof Secret) return 'the text of a file'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'boolean':
      return String(value)
    case 'number':
      return 'a number'
    default:
      return 'keys and values'
  }
}
