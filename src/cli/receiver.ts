import { Receiver } from '../app/receiver.ts'
import { stopSignal } from '../app/signals.ts'
import { exitCode } from './failure.ts'
import { LineOutput } from './line-output.ts'
import { postLines } from './receiver-text.ts'
import { endNow } from './stop-note.ts'

export interface ReceiverCommandOptions {
  readonly host: string
  readonly port: number
  readonly status: number
}

/** `registry-relay receiver`: prints a line per event that arrives, until it is told to stop or nobody reads any more. */
export async function receiver({ host, port, status }: ReceiverCommandOptions): Promise<number> {
  const output = new LineOutput(process.stdout)
  const server = new Receiver({
    host,
    port,
    setBy: '--host, --port',
    status,
    onPost: (post) => {
      for (const line of postLines(post)) void output.line(line)
    },
  })
  const url = await server.start()
  void output.line(`receiver listens on ${url}${status === 200 ? '' : ` and answers ${status}`}`)
  const stop = stopSignal({ onImpatience: endNow })
  await Promise.race([stop.received, output.closed])
  stop.release()
  await server.close()
  return exitCode.success
}
