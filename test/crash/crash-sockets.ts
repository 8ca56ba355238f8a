import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { CrashPoints } from './crash-points.ts'

const produceKey = 0

/**
 * The points of a produce request, by its bytes on the connection: `sent` when the kernel has been given the whole
 * request, `acked:before` when the broker's answer has come in and nobody here has read it.
 */
export function watchProduceRequests(points: CrashPoints): void {
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket }
    // Not before: `connect` puts the method of the class back.
    socket.once('connect', () => watchSocket(socket, points))
  })
}

function watchSocket(socket: Socket, points: CrashPoints): void {
  const write = socket.write.bind(socket) as (bytes: unknown, ...rest: unknown[]) => boolean
  const outstanding = new Set<number>()
  let produces = false
  socket.write = ((bytes: unknown, ...rest: unknown[]): boolean => {
    const correlation = correlationOfProduce(bytes)
    if (correlation === undefined) return write(bytes, ...rest)
    // Only now: a listener for data would take the answers away from a client that reads in another way.
    if (!produces) watchAnswers(socket, outstanding, points)
    produces = true
    outstanding.add(correlation)
    points.passes('produce.sent:before')
    return write(bytes, () => points.passes('produce.sent:after'))
  }) as typeof socket.write
}

function watchAnswers(socket: Socket, outstanding: Set<number>, points: CrashPoints): void {
  socket.prependListener('data', (chunk: Buffer) => {
    // An answer begins with its length and the number of its request; small ones come in one piece.
    if (chunk.length >= 8 && outstanding.delete(chunk.readInt32BE(4))) points.passes('produce.acked:before')
  })
}

/** The number of a produce request, if these bytes are one: length, kind, version, number. */
function correlationOfProduce(bytes: unknown): number | undefined {
  if (!Buffer.isBuffer(bytes) || bytes.length < 12) return undefined
  if (bytes.readInt32BE(0) !== bytes.length - 4 || bytes.readInt16BE(4) !== produceKey) return undefined
  return bytes.readInt32BE(8)
}
