/** Why a text cannot be the token behind the word Bearer of an Authorization header; `undefined` where it can. */
export function bearerTokenProblem(token: string): string | undefined {
  if (/^bearer\s/i.test(token)) return 'must be the token alone, without the word Bearer before it'
  // A header line cannot hold them, so that no sender could ever get in.
  if (!/^\S+$/.test(token)) {
    return 'must be one word, without spaces or line breaks; a file may end with one line break'
  }
  return undefined
}
