import { RelayError } from '../errors.ts'

/** Algorithm, colon, and at least 128 bits in hexadecimal digits. */
const form = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/

export function isDigest(text: string): boolean {
  return form.test(text)
}

/** @throws RelayError EVENT_INVALID with the text of the notifications package */
export function checkDigest(text: string): void {
  if (isDigest(text)) return
  throw new RelayError('EVENT_INVALID', `invalid digest format: ${JSON.stringify(text.slice(0, 200))}`)
}
