/** One connect for all who need the connection; after one that failed, the next who needs it tries anew. */
export function connectOnce(client: { connect(): Promise<void> }): () => Promise<void> {
  let connected: Promise<void> | undefined
  return () => {
    connected ??= client.connect().catch((error: unknown) => {
      connected = undefined
      throw error
    })
    return connected
  }
}
