/**
 * The one of `known` that was probably meant: the same but for case, hyphens and underscores; else one that goes on with a word
 * (`timeout`: `timeoutMs`); else the one that is fewest edits away, two at most; else one that begins with the text, or the text
 * with it.
 */
export function nearestOf(text: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((one) => ({ one, distance: distanceOf(text, one) }))
    .filter(({ distance }) => distance < tooFar)
    .toSorted((a, b) => a.distance - b.distance)
  return nearest?.one
}

const tooFar = 4

function distanceOf(text: string, known: string): number {
  const given = lettersOf(text)
  const wanted = lettersOf(known)
  if (given === wanted) return 0
  if (known.startsWith(text) && /^[A-Z]/.test(known.slice(text.length))) return 0.5
  const edits = editsBetween(given, wanted)
  // Replaced letter by letter, a short text is near to every other.
  if (edits <= 2 && edits < given.length) return edits
  const isBeginning = wanted.startsWith(given) || given.startsWith(wanted)
  return isBeginning && Math.min(given.length, wanted.length) > 2 ? 3 : tooFar
}

function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[-_]/g, '')
}

/** Characters to insert, delete or replace until one text is the other. */
function editsBetween(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [row, character] of [...one].entries()) {
    const line = [row + 1]
    for (const [column, wanted] of [...other].entries()) {
      const replaced = (above[column] ?? 0) + Number(character !== wanted)
      line.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1))
    }
    above = line
  }
  return above.at(-1) ?? 0
}
