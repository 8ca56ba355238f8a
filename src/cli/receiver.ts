import { Receiver } from '../app/receiver.ts'
import { stopSignal } from '../app/signals.ts'
import { readEnvelope } from '../event/envelope.ts'
import { exitCode } from './failure.ts'
import { LineOutput } from './line-output.ts'
import { endNow } from './stop-note.ts'

/** `registry-relay receiver`: prints a line per event that arrives, until it is told to stop or nobody reads any more. */
export async function receiver(host: string, port: number): Promise<number> {
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const output = new LineOutput(process.stdout, leave)
  const server = new Receiver({
    host,
    port,
    onPost: ({ body, contentType }) => {
      for (const line of describe(body))
        void output.line(`${line}  (${body.length} bytes, ${contentType ?? 'no content type'})`)
    },
  })
  void output.line(`receiver listens on ${await server.start()}`)
  const stop = stopSignal({ onImpatience: endNow })
  await Promise.race([stop.received, left])
  stop.release()
  await server.close()
  return exitCode.success
}

function describe(body: Buffer): string[] {
  try {
    const { events, rejected } = readEnvelope(body)
    const lines = events.map(({ event: { action, target, id } }) => {
      const reference = target?.tag ?? target?.digest ?? ''
      return `${action ?? '?'} ${target?.repository ?? '?'} ${reference}  id ${id ?? '?'}`
    })
    return [...lines, ...rejected.map(({ reason }) => `not an event: ${reason}`)]
  } catch (error) {
    return [`not an Envelope: ${error instanceof Error ? error.message : String(error)}`]
  }
}
