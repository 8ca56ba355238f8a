import { type Clock, systemClock } from '../clock.ts'

/**
 * One press of Ctrl-C may come as several signals: the terminal sends one to every process that it sees, and npm or GNU timeout
 * between it and us passes its own on. They are a millisecond apart; nobody changes their mind so fast.
 */
const onePressMs = 500

export interface StopSignal {
  /** Resolves with the name of the first order to stop. */
  readonly received: Promise<NodeJS.Signals>
  /**
   * From now on an order to stop does what it does where nobody listens, but for one that still belongs to the first.
   */
  release(): void
}

export interface SignalHandlers {
  /** A second order to stop came while the first is being followed, half a second after it or later. */
  readonly onImpatience: (name: NodeJS.Signals) => void
  /** SIGHUP. Default: it is an order to stop, as it is for whatever runs in a terminal that is closed. */
  readonly onHangup?: () => void
}

/** Waits for the order to stop: SIGINT, SIGTERM, and SIGHUP where it means nothing else. */
export function stopSignal(
  { onImpatience, onHangup }: SignalHandlers,
  clock: Clock = systemClock,
): StopSignal {
  let orderedAt: number | undefined
  let released = false
  let resolve: (name: NodeJS.Signals) => void = () => undefined
  const received = new Promise<NodeJS.Signals>((settle) => {
    resolve = settle
  })
  const stop = (name: NodeJS.Signals): void => {
    if (orderedAt === undefined) {
      orderedAt = clock.monotonic()
      resolve(name)
    } else if (clock.monotonic() - orderedAt >= onePressMs) {
      if (released) endBy(name)
      else onImpatience(name)
    }
  }
  const listeners = new Map<NodeJS.Signals, (name: NodeJS.Signals) => void>([
    ['SIGINT', stop],
    ['SIGTERM', stop],
    ['SIGHUP', onHangup ?? stop],
  ])
  for (const [name, listener] of listeners) process.on(name, listener)
  const unlisten = (): void => {
    for (const [name, listener] of listeners) process.off(name, listener)
  }
  const endBy = (name: NodeJS.Signals): void => {
    unlisten()
    process.kill(process.pid, name)
  }
  return {
    received,
    release() {
      released = true
      // Else the rest of the press would end by a signal what is about to end with an exit status.
      if (orderedAt === undefined) unlisten()
    },
  }
}
