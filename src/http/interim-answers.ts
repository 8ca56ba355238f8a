import type { Duplex } from 'node:stream'

const begin = 'HTTP/1.'
const shortest = 'HTTP/1.1 100'.length
const maxHeldBytes = 16 * 1024

/**
 * Takes `100 Continue` out of what a socket reads. Some servers send it unasked, which HTTP allows; undici breaks such a
 * connection off, though the event arrives and the answer follows: it would be delivered again for ever.
 *
 * Only what comes first after a write is looked at, and other interim answers are left alone.
 */
export function withoutContinue(socket: Duplex): void {
  const read = socket.read.bind(socket)
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  let expecting = false
  let held: Buffer | undefined
  socket.write = (...args: unknown[]): boolean => {
    expecting = true
    return write(...args)
  }
  socket.read = (size?: number): Buffer | null => {
    for (;;) {
      const chunk = read(size) as Buffer | null
      if (chunk === null || !expecting) return chunk
      let bytes: Buffer = held === undefined ? chunk : Buffer.concat([held, chunk])
      let end = endOfContinue(bytes)
      for (; typeof end === 'number'; end = endOfContinue(bytes)) bytes = bytes.subarray(end)
      if (end === 'none' || bytes.length > maxHeldBytes) {
        expecting = false
        held = undefined
        return bytes
      }
      held = bytes
    }
  }
}

/** Where the interim answer ends; `none` when this is another one, `unknown` while too little is there. */
function endOfContinue(bytes: Buffer): number | 'none' | 'unknown' {
  const head = bytes.toString('latin1', 0, shortest)
  if (!begin.startsWith(head.slice(0, begin.length))) return 'none'
  if (head.length < shortest) return 'unknown'
  if (!/^HTTP\/1\.\d 100$/.test(head)) return 'none'
  const end = bytes.indexOf('\r\n\r\n')
  return end === -1 ? 'unknown' : end + 4
}
