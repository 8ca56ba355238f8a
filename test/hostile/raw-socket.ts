import { connect, type Socket } from 'node:net'

export interface Talk {
  readonly received: Buffer
  /** The connection was reset instead of closed, so that the end of an answer may be missing. */
  readonly reset: boolean
}

/** Writes, never ends by itself, and resolves when the server has closed the connection; rejects when it does not in time. */
export function talk(port: number, bytes: Buffer, patienceMs: number): Promise<Talk> {
  return new Promise((resolve, reject) => {
    // The server's end is answered with ours, and only then the connection is closed.
    const socket: Socket = connect({ port, host: '127.0.0.1' })
    const chunks: Buffer[] = []
    let reset = false
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the connection was still open after ${patienceMs} ms`))
    }, patienceMs)
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {
      reset = true
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({ received: Buffer.concat(chunks), reset })
    })
  })
}
