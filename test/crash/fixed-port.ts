import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 that stays free while its server is down. Not one that the system hands out: among the thousands of
 * connections that senders try, one would get it as its own end, reach itself, and keep the gateway from coming back.
 */
export async function fixedPort(): Promise<number> {
  for (;;) {
    // Below where Linux (32768) and macOS (49152) begin to hand out.
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
