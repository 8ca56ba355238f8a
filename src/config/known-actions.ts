/** What registries send as `action`: as `eventActions` of the room `event`, which this one must not import. */
export const knownActions: readonly string[] = ['pull', 'push', 'mount', 'delete', 'rename']

/**
 * Why a rule about this action would never meet an event; `undefined` for an action that registries send. Names the one that
 * was probably meant.
 */
export function actionProblem(action: string): string | undefined {
  if (knownActions.includes(action)) return undefined
  const [nearest] = knownActions
    .map((known) => ({ known, edits: editsBetween(action.toLowerCase(), known) }))
    .filter(({ edits }) => edits <= 2)
    .toSorted((a, b) => a.edits - b.edits)
  const hint =
    nearest === undefined ? `they send ${knownActions.join(', ')}` : `"${nearest.known}" was meant?`
  return `no registry sends the action ${JSON.stringify(action)}; ${hint}`
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
