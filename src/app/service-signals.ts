import { type Clock, systemClock } from '../clock.ts'
import { type StopSignal, stopSignal } from './signals.ts'

type OnImpatience = (signal: NodeJS.Signals) => void

/** What signals ask of a service, listened to from before it is loaded: SIGINT and SIGTERM to stop, SIGHUP to reload. */
export class ServiceSignals {
  /** Called at a second order to stop. */
  onImpatience: OnImpatience
  /** Resolves with the first order to stop. */
  readonly stop: Promise<NodeJS.Signals>
  /** As that of a {@link StopSignal}. */
  readonly release: StopSignal['release']
  #onHangup: (() => void) | undefined
  #hungUp = false

  constructor(onImpatience: OnImpatience, clock: Clock = systemClock) {
    this.onImpatience = onImpatience
    const { received, release } = stopSignal(
      {
        onImpatience: (signal) => this.onImpatience(signal),
        onHangup: () => {
          this.#hungUp = true
          this.#onHangup?.()
        },
      },
      clock,
    )
    this.stop = received
    this.release = release
  }

  /** Called at each SIGHUP; the first listener also, at once, for those that came before it. */
  set onHangup(listener: () => void) {
    if (this.#hungUp && this.#onHangup === undefined) listener()
    this.#onHangup = listener
  }
}
