/**
 * Text that others chose, in one line and harmless on a terminal: without control characters, which it obeys, and without those
 * that turn the direction of writing, are not seen, or end a line for some programs.
 */
export function plainText(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (character) => `\\x${hexOf(character).padStart(2, '0')}`)
    .replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${hexOf(character)}}`)
}

/** The same line by line. Two lines are never made of one: what others chose could look like words of ours. */
export function plainLines(lines: readonly string[]): string {
  return lines.map(plainText).join('\n')
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16)
}
