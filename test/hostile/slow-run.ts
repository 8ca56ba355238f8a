import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { toError } from '../../src/errors.ts'
import { until } from '../support/until.ts'
import { GatewayChild, type Scope } from './gateway-child.ts'
import { readSpool } from './kept.ts'
import { honestBody, honestHeaders, send } from './post.ts'

export interface SlowRunOptions {
  readonly sockets: number
  /** Of the configuration. Default: those of the gateway. */
  readonly limits?: Readonly<Record<string, number>>
  /** Between two bytes of one socket. */
  readonly byteEveryMs: number
  /** By when the gateway must have closed all of them. */
  readonly droppedWithinMs: number
}

export interface SlowReport {
  readonly sockets: number
  /** Posts that were answered 200 while slow senders were connected. */
  readonly answered: number
  /** What the slow ones were told, by the first line; those that were told nothing under an empty text. */
  readonly told: Readonly<Record<string, number>>
  readonly violations: readonly string[]
}

/** Registries give up after this. */
const registryPatienceMs = 1_000
/** For the honest sender, the pipes of the child, and what node has open anyway. */
const otherDescriptors = 200

/** Slow senders, half of them in the header lines and half in the body, and an honest one that posts all the while. */
export async function slowRun(scope: Scope, options: SlowRunOptions): Promise<SlowReport> {
  const { sockets: count, byteEveryMs, droppedWithinMs } = options
  assertDescriptors(count + otherDescriptors)
  const gateway = await GatewayChild.start(scope, {
    gateway: { limits: { ...options.limits } },
    config: { logging: { level: 'error', format: 'json' } },
  })
  const senders = Array.from({ length: count }, (_, index) => new SlowSender(gateway.port, index % 2 === 0))
  scope.after(() => {
    for (const sender of senders) sender.destroy()
  })
  await Promise.all(senders.map((sender) => sender.began))

  const dripping = setInterval(() => {
    for (const sender of senders) sender.drip()
  }, byteEveryMs)
  scope.after(() => clearInterval(dripping))
  const violations: string[] = []
  let answered = 0
  let posting = true
  const honest = (async () => {
    for (let number = 0; posting; number++) {
      const connected = senders.filter(({ open }) => open).length
      try {
        const body = honestBody(`honest-${number}`)
        const { status } = await send(gateway.url, {
          body,
          headers: honestHeaders,
          patienceMs: registryPatienceMs,
        })
        if (status === 200) answered++
        else violations.push(`an honest post was answered ${status}`)
      } catch (error) {
        violations.push(
          `an honest post was not answered beside ${connected} slow ones: ${toError(error).message}`,
        )
      }
      // A registry posts an event when there is one; without a pause this would be a flood, and about something else.
      await pause(10)
    }
  })()
  try {
    await until(() => senders.every(({ open }) => !open), {
      ms: droppedWithinMs,
      what: () => `${senders.filter(({ open }) => open).length} of ${count} slow connections are open`,
    })
  } catch (error) {
    violations.push(toError(error).message)
  }
  posting = false
  clearInterval(dripping)
  await honest
  await gateway.stop()
  violations.push(...gateway.warnings.map((line) => `on standard error: ${line}`))
  const kept = (await readSpool(gateway.spoolFolder)).length
  if (kept < answered) violations.push(`${answered} posts were answered 200, and ${kept} are kept`)
  const told: Record<string, number> = {}
  for (const { told: line } of senders) told[line] = (told[line] ?? 0) + 1
  return { sockets: count, answered, told, violations }
}

/** Sends a byte at a time and never comes to an end. */
class SlowSender {
  /** Connected, and the beginning sent. */
  readonly began: Promise<unknown>
  readonly #socket: Socket
  #received = ''

  constructor(port: number, inHead: boolean) {
    this.#socket = connect({ port, host: '127.0.0.1' })
    this.began = once(this.#socket, 'connect').then(() => {
      const head = 'POST /notifications HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n'
      this.#socket.write(inHead ? `${head}X: ` : `${head}Content-Length: 100000\r\n\r\n{`)
    })
    // A reset is one of the ways to be dropped.
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1')
    })
  }

  get open(): boolean {
    return !this.#socket.closed
  }

  get told(): string {
    return this.#received.split('\r\n', 1)[0] ?? ''
  }

  drip(): void {
    if (this.#socket.writable) this.#socket.write('x')
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** Of this process, which node raises to the hard limit; the child has the same. */
function assertDescriptors(needed: number): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
  if (limit !== 'unlimited' && Number(limit) < needed) {
    throw new Error(
      `${needed} open files are needed, and ulimit -n is ${limit}: raise it, or ask for fewer sockets`,
    )
  }
}
