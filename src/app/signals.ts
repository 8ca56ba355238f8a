export interface StopSignal {
  /** Resolves with the name of the first SIGINT, SIGTERM or SIGHUP. */
  readonly received: Promise<NodeJS.Signals>
  /** Stops listening, so that the process can end by itself. */
  release(): void
}

const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Waits for the order to stop. `onImpatience` is called when a second order comes while the first is being followed. */
export function stopSignal(onImpatience: () => void): StopSignal {
  let first = true
  let resolve: (name: NodeJS.Signals) => void = () => undefined
  const received = new Promise<NodeJS.Signals>((settle) => {
    resolve = settle
  })
  const listener = (name: NodeJS.Signals): void => {
    if (!first) onImpatience()
    first = false
    resolve(name)
  }
  for (const name of names) process.on(name, listener)
  return {
    received,
    release() {
      for (const name of names) process.off(name, listener)
    },
  }
}
