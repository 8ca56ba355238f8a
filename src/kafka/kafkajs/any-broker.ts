import type kafkajs from 'kafkajs'
import { type Broker, clusterOf } from './cluster.ts'
import type { ProtocolRequest } from './protocol.ts'

/** One may go away between being found and being asked; the next is found among the others. */
const attempts = 3

/** A broker that an admin is connected to, or comes to now. The admin is connected. */
export function anyBroker(admin: kafkajs.Admin): Promise<Broker> {
  return clusterOf(admin).brokerPool.findConnectedBroker()
}

/** Asks any broker what each of them knows. */
export async function askAnyBroker<T>(admin: kafkajs.Admin, request: ProtocolRequest<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const broker = await anyBroker(admin)
      return await broker.connectionPool.send(request)
    } catch (error) {
      if (attempt >= attempts) throw error
    }
  }
}
