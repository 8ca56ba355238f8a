import { connect } from 'node:net'

/** True when something listens at `127.0.0.1:PORT`. */
export function isOpen(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.includes('//') ? address : `tcp://${address}`)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const answer = (open: boolean) => () => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', answer(true))
    socket.once('error', answer(false))
  })
}
