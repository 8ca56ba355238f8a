import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { spreadOf } from '../gateway/spread.ts'
import type { Contender } from './contender.ts'
import { newRun } from './throughput.ts'
import type { LoadedTopics, Topics } from './topics.ts'

/** `refuses`: nobody listens. `silent`: connections are taken, and never answered. */
export type Death = 'refuses' | 'silent'

export interface DeadResult {
  readonly contender: string
  readonly death: Death
  readonly peakMb: number
  /** Resident set of the last quarter of the time against that of the second: 1 is flat. */
  readonly growth: number
  /** CPU seconds in a second. */
  readonly cpu: number
  /** Records that it committed all the same. */
  readonly committed: number
}

export interface DeadOptions {
  readonly topics: Topics
  readonly loaded: LoadedTopics
  readonly inFlight: number
  readonly seconds: number
}

const lookMs = 250

/** The whole topic waits, and nothing of it can be delivered. */
export async function measureDead(
  contender: Contender,
  death: Death,
  { topics, loaded, inFlight, seconds }: DeadOptions,
): Promise<DeadResult> {
  const server = new DeadServer()
  const port = await server.listen()
  if (death === 'refuses') await server.close()
  const run = newRun()
  const running = contender.start({
    topics: loaded,
    run,
    url: `http://127.0.0.1:${port}/hook`,
    inFlight,
  })
  const resident: number[] = []
  try {
    for (let look = 0; look < (seconds * 1_000) / lookMs; look++) {
      await pause(lookMs)
      resident.push(running.residentMb)
    }
    const quarter = Math.floor(resident.length / 4)
    const median = (from: number, to: number): number => spreadOf(resident.slice(from, to)).median
    const remembered = await topics.committed(contender.groupOf(run), contender.topicOf?.(loaded) ?? '')
    return {
      contender: contender.name,
      death,
      peakMb: running.peakMb,
      growth: median(3 * quarter, resident.length) / median(quarter, 2 * quarter),
      cpu: running.cpuSeconds / seconds,
      committed: remembered.reduce((sum, { offset }) => sum + Math.max(0, offset), 0),
    }
  } finally {
    await running.stop()
    if (death === 'silent') await server.close()
  }
}

/** Takes connections and reads what comes, and that is all. */
class DeadServer {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    socket.resume()
  })

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
