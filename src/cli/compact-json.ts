/** Valid JSON without the white space between its tokens; texts and numbers stay letter for letter as they were. */
export function compactJson(json: string): string {
  // A text is met as a whole, so that the blanks in it are kept; in long steps, since it may have millions of characters.
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''))
}
