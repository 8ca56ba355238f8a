import { isFreeHeader } from './relay-headers.ts'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Why an endpoint cannot have a header of this name; `undefined` where it can. */
export function headerNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty'
  if (!token.test(name)) {
    return "is no name of a header: letters, digits and !#$%&'*+-.^_`|~ only, without spaces and colon"
  }
  return isFreeHeader(name) ? undefined : 'is set by the relay itself: take it out'
}

/** Why a text cannot be sent as the value of a header; `undefined` where it can. Never repeats the text. */
export function headerValueProblem(text: string): string | undefined {
  if (/[\r\n]/.test(text)) {
    return 'must be one line: it holds a line break; a file may end with one'
  }
  return fieldValue.test(text)
    ? undefined
    : 'holds a control character, or one that no header can carry (beyond U+00FF)'
}

/** Of these, every receiver takes one line at most. */
export function isSingleHeader(name: string): boolean {
  return ['host', 'user-agent'].includes(name.toLowerCase())
}
