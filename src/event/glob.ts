/** Part of a compiled pattern: text to be found as it is, or one of the three wildcards. */
type Token = { readonly text: string } | 'segment' | 'any' | 'directories'

/**
 * Compiles a pattern for paths of repositories. Case matters, and everything but the asterisk is taken literally.
 *
 * | in the pattern | stands for |
 * |---|---|
 * | `*` | any text within one segment, also none |
 * | `**` | any text, slashes included, also none |
 * | `**` and a slash, at the beginning of a segment | whole segments, also none |
 *
 * ```ts
 * glob('team/*')('team/app')          // true; 'team/app/web' and 'team' are not
 * glob('team/**')('team/app/web')     // true; 'team' itself is not
 * glob('**\/app')('team/app')         // true; so is 'app', but 'team/myapp' is not
 * ```
 */
export function glob(pattern: string): (path: string) => boolean {
  const tokens = tokensOf(pattern)
  const [first] = tokens
  const beginning = typeof first === 'object' ? first.text : ''
  // Most patterns begin with a name, and most paths with another one.
  return (path) => path.startsWith(beginning) && matches(tokens, path)
}

/**
 * The same for texts that are no paths: `*` stands for any text, slashes and spaces included, also for none. So
 * `containerd/*` meets `containerd/1.7.2` as well as `containerd/v2.0.0 (linux; amd64) go/1.23`.
 */
export function textGlob(pattern: string): (text: string) => boolean {
  const [first = '', ...parts] = pattern.split(/\*+/)
  const last = parts.pop()
  if (last === undefined) return (text) => text === pattern
  return (text) => {
    if (!text.startsWith(first)) return false
    // The leftmost place for each part leaves the most room for the next, so nothing is tried twice.
    let at = first.length
    for (const part of parts) {
      const found = text.indexOf(part, at)
      if (found === -1) return false
      at = found + part.length
    }
    return text.length - last.length >= at && text.endsWith(last)
  }
}

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = []
  // Left to right, the longest reading first. Three asterisks and more say no more than two.
  for (const [part] of pattern.matchAll(/(?<=^|\/)\*\*+\/|\*+|[^*]+/g)) {
    if (!part.startsWith('*')) tokens.push({ text: part })
    else if (part.endsWith('/')) tokens.push('directories')
    else tokens.push(part === '*' ? 'segment' : 'any')
  }
  return tokens
}

/**
 * Keeps, token by token, the set of all places in the path that the tokens so far can reach. That is (tokens × length)
 * steps for any pattern, where a matcher that tries and goes back needs exponentially many for `*a*a*a*a*b`: patterns
 * come from configuration, but the paths they meet come from whoever can push.
 */
function matches(tokens: readonly Token[], path: string): boolean {
  let reached = new Uint8Array(path.length + 1)
  reached[0] = 1
  for (const token of tokens) reached = step(token, path, reached)
  return reached[path.length] === 1
}

function step(token: Token, path: string, from: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(from.length)
  if (typeof token === 'object') {
    const { text } = token
    for (let at = 0; at + text.length <= path.length; at++) {
      if (from[at] === 1 && path.startsWith(text, at)) to[at + text.length] = 1
    }
    return to
  }
  // True while the wildcard, begun at some place before `at`, can still go on here.
  let open = false
  for (let at = 0; at <= path.length; at++) {
    const previous = path[at - 1]
    if (token === 'segment' && previous === '/') open = false
    const ends = token === 'directories' ? open && previous === '/' : open
    if (ends || from[at] === 1) to[at] = 1
    if (from[at] === 1) open = true
  }
  return to
}
