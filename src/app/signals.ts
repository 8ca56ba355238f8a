export interface StopSignal {
  /** Resolves with the name of the first order to stop. */
  readonly received: Promise<NodeJS.Signals>
  /** Stops listening, so that the process can end by itself. */
  release(): void
}

export interface SignalHandlers {
  /** A second order to stop came while the first is being followed. */
  readonly onImpatience: (name: NodeJS.Signals) => void
  /** SIGHUP. Default: it is an order to stop, as it is for whatever runs in a terminal that is closed. */
  readonly onHangup?: () => void
}

/** Waits for the order to stop: SIGINT, SIGTERM, and SIGHUP where it means nothing else. */
export function stopSignal({ onImpatience, onHangup }: SignalHandlers): StopSignal {
  let first = true
  let resolve: (name: NodeJS.Signals) => void = () => undefined
  const received = new Promise<NodeJS.Signals>((settle) => {
    resolve = settle
  })
  const stop = (name: NodeJS.Signals): void => {
    if (!first) onImpatience(name)
    first = false
    resolve(name)
  }
  const listeners = new Map<NodeJS.Signals, (name: NodeJS.Signals) => void>([
    ['SIGINT', stop],
    ['SIGTERM', stop],
    ['SIGHUP', onHangup ?? stop],
  ])
  for (const [name, listener] of listeners) process.on(name, listener)
  return {
    received,
    release() {
      for (const [name, listener] of listeners) process.off(name, listener)
    },
  }
}
