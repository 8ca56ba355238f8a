import { nearestOf } from './nearest.ts'

/** What registries send as `action`: as `eventActions` of the room `event`, which this one must not import. */
export const knownActions: readonly string[] = ['pull', 'push', 'mount', 'delete', 'rename']

/**
 * Why a rule about this action would never meet an event; `undefined` for an action that registries send. Names the one that
 * was probably meant.
 */
export function actionProblem(action: string): string | undefined {
  if (knownActions.includes(action)) return undefined
  const nearest = nearestOf(action, knownActions)
  const hint = nearest === undefined ? `they send ${knownActions.join(', ')}` : `"${nearest}" was meant?`
  return `no registry sends the action ${JSON.stringify(action)}; ${hint}`
}
