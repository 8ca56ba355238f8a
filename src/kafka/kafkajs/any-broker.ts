import type kafkajs from 'kafkajs'
import { clusterOf } from './group-offsets.ts'
import type { ProtocolRequest } from './protocol.ts'

/** What this package uses of kafkajs's `Broker`, which its types do not show. */
export interface Broker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>>
  readonly connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> }
  describeConfigs(request: {
    readonly resources: readonly { readonly type: number; readonly name: string }[]
    readonly includeSynonyms: boolean
  }): Promise<Pick<kafkajs.DescribeConfigResponse, 'resources'>>
  initProducerId(request: {
    readonly transactionalId: null
    readonly transactionTimeout: number
  }): Promise<unknown>
}

interface Cluster {
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> }
}

/** One may go away between being found and being asked; the next is found among the others. */
const attempts = 3

/** A broker that an admin is connected to, or comes to now. The admin is connected. */
export function anyBroker(admin: kafkajs.Admin): Promise<Broker> {
  return (clusterOf(admin) as unknown as Cluster).brokerPool.findConnectedBroker()
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
