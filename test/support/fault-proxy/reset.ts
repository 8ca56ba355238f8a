import type { Socket } from 'node:net'

/**
 * Ends a connection by a reset and nothing else, as a host does that lost its memory. Node's own way first ends the writing side
 * in good order, and the peer may see that end before the reset.
 */
export function reset(socket: Socket): void {
  socket.destroySoon = () => {
    socket.destroy()
  }
  socket.resetAndDestroy()
}
