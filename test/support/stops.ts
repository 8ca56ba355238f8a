import type { TestContext } from 'node:test'

/**
 * What a test started, stopped in the opposite order when it ends: the runner's own order is that of starting, and a client
 * must be gone before its server is.
 */
export function stopsInReverse(t: TestContext): (stop: () => unknown) => void {
  const stops: (() => unknown)[] = []
  t.after(async () => {
    for (const stop of stops.toReversed()) await stop()
  })
  return (stop) => {
    stops.push(stop)
  }
}
