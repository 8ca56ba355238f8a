import { connect } from 'node:net'
import type { Answer } from '../../support/raw-receiver.ts'

/** Makes a receiver a proxy: it connects to what is asked for, and passes on every byte. */
export const tunnel: Answer = (socket, { line }) => {
  const [host, port] = line.split(' ')[1]?.split(':') ?? []
  // What comes from here on is not for the receiver.
  socket.removeAllListeners('data')
  const onward = connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connected\r\n\r\n')
    socket.pipe(onward).pipe(socket)
  })
  onward.on('error', () => socket.destroy())
  socket.on('close', () => onward.destroy())
}
