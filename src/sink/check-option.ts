import { RelayError } from '../errors.ts'

/** @throws RelayError CONFIG_INVALID naming the option, unless it is a whole number above 0 */
export function wholeNumber(name: string, value: number): number {
  return expect(Number.isInteger(value) && value >= 1, name, 'a whole number above 0', value)
}

/** Infinity passes: no limit. @throws RelayError CONFIG_INVALID naming the option, unless it is a number above 0 */
export function positive(name: string, value: number): number {
  return expect(value > 0, name, 'a number above 0', value)
}

/** @throws RelayError CONFIG_INVALID naming the option, unless it is 0 or more */
export function notNegative(name: string, value: number): number {
  return expect(value >= 0, name, '0 or more', value)
}

function expect(valid: boolean, name: string, expected: string, value: number): number {
  if (valid) return value
  throw new RelayError('CONFIG_INVALID', `${name} must be ${expected}, not ${value}`)
}
