/** A value, or what gives the one of now: asked at every use, since passwords and certificates change. */
export type Present<T extends object | string | undefined> = T | (() => T)

export function presentOf<T extends object | string | undefined>(present: Present<T>): T {
  return typeof present === 'function' ? present() : present
}
