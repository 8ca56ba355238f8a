import { printable } from './dlq-text.ts'

/**
 * Text that others chose, harmless on a terminal: beside control characters also those that turn the direction of writing,
 * are not seen, or end a line for some programs.
 */
export function plainText(text: string): string {
  return printable(text).replace(
    /[\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
