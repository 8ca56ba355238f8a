import { Receiver } from '../app/receiver.ts'
import { stopSignal } from '../app/signals.ts'
import { readEnvelope } from '../event/envelope.ts'
import { exitCode } from './failure.ts'

/** `registry-relay receiver`: prints a line per event that arrives, until it is told to stop. */
export async function receiver(host: string, port: number): Promise<number> {
  const server = new Receiver({
    host,
    port,
    onPost: ({ body, contentType }) => {
      for (const line of describe(body))
        console.log(`${line}  (${body.length} bytes, ${contentType ?? 'no content type'})`)
    },
  })
  console.log(`receiver listens on ${await server.start()}`)
  const stop = stopSignal(() => process.exit(exitCode.failure))
  await stop.received
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
