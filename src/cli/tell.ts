import { plainText } from './plain-text.ts'

/** Says a line on standard error; the words of others in it are harmless on a terminal. */
export function tell(line: string): void {
  console.error(plainText(line))
}
