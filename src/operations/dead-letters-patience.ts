import type { RelayError } from '../errors.ts'

/** Failures in a row, of different keys, after which a target is taken for one that takes nothing. */
const mostInARow = 10

/** How long a redrive goes on with one target: three attempts for each of many records would take hours where it is down. */
export class Patience {
  #inARow = 0
  #gone = false

  get over(): boolean {
    return this.#gone || this.#inARow >= mostInARow
  }

  succeeded(): void {
    this.#inARow = 0
  }

  failed({ code }: RelayError): void {
    if (code === 'ENDPOINT_GONE') this.#gone = true
    // It works, and says so of an event that it does not want; and what cannot be read never got there.
    if (code === 'DELIVERY_REFUSED') this.#inARow = 0
    else if (code !== 'RECORD_UNDECODABLE' && code !== 'EVENT_INVALID') this.#inARow++
  }
}
