import { createServer, type Server } from 'node:net'

/**
 * Ports on 127.0.0.1 that were free a moment ago: those wanted, and where they are taken, others that the system chose. All
 * are held until the last one is known, so that they differ. Between the return and the bind of the server another process
 * may take one: who starts a server must be ready to ask again.
 */
export async function freePorts(count: number, wanted: readonly number[] = []): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) => listen(wanted[index] ?? 0).catch(() => listen(0))),
  )
  const ports = servers.map(portOf)
  await Promise.all(servers.map(close))
  return ports
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return address.port
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
