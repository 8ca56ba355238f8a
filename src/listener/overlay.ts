/** Method names to what is called instead. */
export type Overrides<T> = { readonly [K in keyof T]?: T[K] | undefined }

/**
 * `target` with some members replaced. All others are those of `target` itself: its methods run on it, so that private
 * fields work, and what is set is set there.
 *
 * A class that implements the narrow interfaces of `repository.ts` could not do that: whatever else a registry's
 * services can do would be lost behind it. The proxy stands on an empty object and not on `target`, because a proxy may
 * not change members that its own target has frozen.
 */
export function overlay<T extends object>(target: T, overrides: Overrides<T>): T {
  const bound = new Map<PropertyKey, { readonly original: unknown; readonly method: unknown }>()
  return new Proxy(Object.create(target) as T, {
    get(_, key) {
      const override = Object.hasOwn(overrides, key) ? overrides[key as keyof T] : undefined
      if (override !== undefined) return override
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function' || key === 'constructor') return value
      // The same function every time: callers compare methods, and take listeners off by identity.
      const known = bound.get(key)
      if (known?.original === value) return known.method
      const method: unknown = value.bind(target)
      bound.set(key, { original: value, method })
      return method
    },
    set(_, key, value) {
      return Reflect.set(target, key, value, target)
    },
    // For `{ ...decorated }`. Configurable, as nothing else may be said of a member that the empty object has not.
    ownKeys: () => Reflect.ownKeys(target),
    getOwnPropertyDescriptor(_, key) {
      const descriptor = Reflect.getOwnPropertyDescriptor(target, key)
      return descriptor && { ...descriptor, configurable: true }
    },
  })
}
