import { connect } from 'node:net'
import { systemClock } from '../clock.ts'

/** Longer than a handshake takes on any way that a cluster can be used over. */
const probeMs = 1_000

/** Whether a TCP connection to `host:port` stands within a second. Never rejects. */
export function takesConnections(broker: string): Promise<boolean> {
  const colon = broker.lastIndexOf(':')
  const socket = connect({ host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) })
  return new Promise((resolve) => {
    const end = (taken: boolean): void => {
      cancel()
      socket.destroy()
      resolve(taken)
    }
    const cancel = systemClock.after(probeMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
