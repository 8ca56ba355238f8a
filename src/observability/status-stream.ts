import type { ServerResponse } from 'node:http'

/** Each is a connection, and a text of some kilobytes every second. */
export const maxStreams = 20

/** One that has not taken a snapshot for so many seconds is gone, or behind a line that is too slow to be live. */
const patience = 5

/**
 * Pages that look on, by server-sent events. All get the same text. One that does not read it is passed over, so that never
 * more than one snapshot waits for it, and then cut off.
 */
export class StatusStream {
  /** The value: snapshots in a row that it was passed over for. */
  readonly #clients = new Map<ServerResponse, number>()

  get size(): number {
    return this.#clients.size
  }

  get full(): boolean {
    return this.#clients.size >= maxStreams
  }

  /** @param snapshot JSON of the first one: a page is not to stay empty for a second */
  add(response: ServerResponse, snapshot: string): void {
    // A browser that loses the stream comes back after this time, in milliseconds.
    response.write(`retry: 2000\n${message(snapshot)}`)
    this.#clients.set(response, 0)
    response.once('close', () => this.#clients.delete(response))
  }

  /** @param snapshot JSON, on one line */
  send(snapshot: string): void {
    const text = message(snapshot)
    for (const [response, passedOver] of this.#clients) {
      if (!response.writableNeedDrain) {
        this.#clients.set(response, 0)
        response.write(text)
      } else if (passedOver + 1 < patience) {
        this.#clients.set(response, passedOver + 1)
      } else {
        this.#clients.delete(response)
        response.destroy()
      }
    }
  }

  /** At once: whoever stops the process does not wait for somebody who looks at it. */
  close(): void {
    for (const response of this.#clients.keys()) response.destroy()
    this.#clients.clear()
  }
}

function message(snapshot: string): string {
  return `data: ${snapshot}\n\n`
}
