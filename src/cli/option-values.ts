import { InvalidArgumentError } from 'commander'

/** For an option that may come several times. */
export function texts(text: string, before: readonly string[] = []): readonly string[] {
  if (text === '') throw new InvalidArgumentError('must not be empty.')
  return [...before, text]
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 0.')
  return Number(text)
}

export function positiveWhole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1.')
  return Number(text)
}

export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!/^\d{1,9}(\.\d+)?$/.test(text) || !(value > 0)) {
    throw new InvalidArgumentError('must be a number above 0.')
  }
  return value
}

export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('must be an http or https URL.')
  }
  return text
}
