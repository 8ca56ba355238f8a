import { RelayError } from '../errors.ts'

// A group may hold the name of a topic, which has up to 249 characters.
const rules = {
  group: { pattern: /^[A-Za-z0-9._-]{1,350}$/, expected: '1 to 350 letters, digits, ".", ' },
  endpoint: { pattern: /^[A-Za-z0-9_-]{1,100}$/, expected: '1 to 100 letters, digits, ' },
} as const

/** The consumer group that delivers to an endpoint. @throws CONFIG_INVALID */
export function groupIdOf(group: string, endpoint: string): string {
  check('group', group)
  check('endpoint', endpoint)
  return `${group}.${endpoint}`
}

function check(option: keyof typeof rules, name: string): void {
  const { pattern, expected } = rules[option]
  if (pattern.test(name)) return
  throw new RelayError(
    'CONFIG_INVALID',
    `${option}: expected ${expected}"_" or "-", got ${JSON.stringify(name)}`,
  )
}
