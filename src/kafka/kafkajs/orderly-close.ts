/** What producers, consumers and admins of kafkajs have in common. */
export interface Connectable {
  connect(): Promise<void>
  disconnect(): Promise<void>
}

/**
 * Lets `disconnect` wait until a `connect` that is under way has settled. kafkajs would close what is there at that
 * moment, and the connection that comes a moment later would belong to nobody: it stays open, and keeps the process
 * alive. The wait is bounded, because connecting is.
 */
export function closeInOrder(client: Connectable): void {
  const connect = client.connect.bind(client)
  const disconnect = client.disconnect.bind(client)
  let connecting: Promise<unknown> = Promise.resolve()
  client.connect = () => {
    const connected = connect()
    connecting = connected.catch(() => undefined)
    return connected
  }
  client.disconnect = async () => {
    await connecting
    await disconnect()
  }
}
