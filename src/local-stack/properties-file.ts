/**
 * The text of a Java properties file, read by java.util.Properties as ISO 8859-1: so every character outside
 * ASCII is written as an escape, and the characters that end a key or begin a comment are escaped in keys.
 */
export function formatProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${escaped(name, /[\\:=#! ]/g)}=${escapeValue(value)}\n`)
    .join('')
}

/** Only leading blanks of a value are skipped by the reader; the other blanks are its own. */
function escapeValue(value: string): string {
  return escaped(value, /\\/g).replace(/^ /, '\\ ')
}

function escaped(text: string, special: RegExp): string {
  return text
    .replace(special, (character) => `\\${character}`)
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
