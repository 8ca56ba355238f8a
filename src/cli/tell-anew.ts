import { tell } from './tell.ts'

/** Says on stderr why old events come, or the first ones again. */
export function tellAnew(topic: string): void {
  tell(`topic ${topic} begins anew: it was created again, or has lost its end; reading it from its beginning`)
}
