import { createRequire } from 'node:module'
import type kafkajs from 'kafkajs'
import { RelayError } from '../../errors.ts'
import type { ProtocolRequest } from './protocol.ts'

/** What this package uses of kafkajs's `Cluster`, which its types do not show. */
export interface Cluster {
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> }
  findBroker(broker: { readonly nodeId: number }): Promise<Broker>
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Broker>
}

/** The same of its `Broker`. */
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
  offsetCommit(request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
    readonly topics: readonly object[]
  }): Promise<unknown>
}

/**
 * The cluster that an admin keeps to itself. Asked for the offsets of a group, it asks its cluster for the coordinator in the
 * same turn, before it waits for anything: for that one call the method is ours, and nobody else can meet it.
 *
 * @throws RelayError KAFKA_CLIENT_CHANGED: it does not do so any more
 */
export function clusterOf(admin: Pick<kafkajs.Admin, 'fetchOffsets'>): Cluster {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster') as { prototype: Cluster }
  const { findGroupCoordinator } = prototype
  let found: Cluster | undefined
  prototype.findGroupCoordinator = function (this: Cluster) {
    found = this
    return Promise.reject(new Error('only to be found'))
  }
  try {
    admin.fetchOffsets({ groupId: 'any', topics: [] }).catch(() => undefined)
  } finally {
    prototype.findGroupCoordinator = findGroupCoordinator
  }
  if (found === undefined) {
    throw new RelayError(
      'KAFKA_CLIENT_CHANGED',
      'the admin of kafkajs does not ask its cluster at once for a coordinator',
    )
  }
  return found
}
