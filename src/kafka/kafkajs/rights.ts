import type kafkajs from 'kafkajs'
import { type Clock, sleep, systemClock } from '../../clock.ts'
import { RelayError } from '../../errors.ts'
import { adviceFor } from '../advice.ts'
import { rootCause } from '../classify.ts'
import { kafkaCode } from '../kafka-fault.ts'
import type { BrokerAddress, Rights, RightsPort } from '../rights-port.ts'
import { anyBroker, askAnyBroker } from './any-broker.ts'
import type { KafkaClient } from './client.ts'
import { type Broker, type Cluster, clusterOf } from './cluster.ts'
import { connectOnce } from './connect-once.ts'
import { metadataRequest } from './metadata-request.ts'
import { type Answered, groupRightsRequest, rightsVersions, topicRightsRequest } from './rights-requests.ts'

/** Kafka's codes. */
const topicMissing = 3
const groupDenied = 30
const clusterDenied: ReadonlySet<unknown> = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
])

const none: Rights = new Set()

/** A broker that has just started fetches its producer ids first, and says meanwhile that it loads. */
const loadAttempts = 30
const loadPauseMs = 100

/** See {@link RightsPort}; connects at the first call. */
export class KafkaRights implements RightsPort {
  readonly #admin: kafkajs.Admin
  readonly #cluster: Cluster
  readonly #connect: () => Promise<void>
  readonly #clock: Clock
  #closed: Promise<void> | undefined

  constructor(kafka: KafkaClient, clock: Clock = systemClock) {
    this.#clock = clock
    this.#admin = kafka.admin()
    // Here, so that a client that has changed is told as that, and not as a broker that does not answer.
    this.#cluster = clusterOf(this.#admin)
    this.#connect = connectOnce(this.#admin)
  }

  brokers(): Promise<readonly BrokerAddress[]> {
    return this.#call('asking for the brokers', () => this.#describe())
  }

  onTopics(topics: readonly string[]): Promise<ReadonlyMap<string, Rights>> {
    return this.#call('asking for the rights on topics', async () => {
      const broker = await anyBroker(this.#admin)
      if (!speaks(broker, rightsVersions.metadata)) return allUnknown(topics)
      return new Map(
        (await broker.connectionPool.send(topicRightsRequest(topics))).map(({ name, errorCode, rights }) => [
          name,
          errorCode === topicMissing ? 'missing' : errorCode === 0 ? rights : none,
        ]),
      )
    })
  }

  /**
   * Every broker is asked, and the one that keeps the group answers. To ask who keeps it would make a cluster that never had
   * a group create the topic of groups.
   */
  onGroups(groups: readonly string[]): Promise<ReadonlyMap<string, Rights>> {
    return this.#call('asking for the rights on consumer groups', async () => {
      if (!(await this.#knowsBrokers())) return allUnknown(groups)
      const addresses = await this.#describe()
      const asked = await Promise.allSettled(addresses.map(({ id }) => this.#groupsAt(id, groups)))
      const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
      return new Map(groups.map((group) => [group, together(answers.filter(({ name }) => name === group))]))
    })
  }

  mayProduceIdempotently(): Promise<boolean> {
    return this.#call('asking for the id of a producer', async () => {
      const broker = await anyBroker(this.#admin)
      for (let attempt = 1; ; attempt += 1) {
        try {
          // The timeout is of transactions, of which there are none.
          await broker.initProducerId({ transactionalId: null, transactionTimeout: 30_000 })
          return true
        } catch (error) {
          const { type } = rootCause(error) as Error & { readonly type?: unknown }
          if (clusterDenied.has(type)) return false
          if (type !== 'GROUP_LOAD_IN_PROGRESS' || attempt >= loadAttempts) throw error
        }
        await sleep(this.#clock, loadPauseMs)
      }
    })
  }

  close(): Promise<void> {
    this.#closed ??= this.#admin.disconnect()
    return this.#closed
  }

  async #describe(): Promise<readonly BrokerAddress[]> {
    return (await askAnyBroker(this.#admin, metadataRequest([]))).brokers
  }

  /** The client gets to know no broker while a partition anywhere in the cluster has no leader. */
  async #knowsBrokers(): Promise<boolean> {
    try {
      await this.#admin.describeCluster()
      return true
    } catch (error) {
      if (isLeaderless(error)) return false
      throw error
    }
  }

  async #groupsAt(id: number, groups: readonly string[]): Promise<readonly Answered[]> {
    const broker = await this.#cluster.findBroker({ nodeId: id })
    return speaks(broker, rightsVersions.groups) ? broker.connectionPool.send(groupRightsRequest(groups)) : []
  }

  async #call<T>(doing: string, run: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new RelayError('SINK_CLOSED', `${doing}: this client is closed`)
    try {
      await this.#connect()
      return await run()
    } catch (error) {
      const root = rootCause(error)
      const code = kafkaCode(root)
      throw new RelayError(code, `${doing}: ${root.message}`, {
        cause: error,
        facts: code === 'KAFKA_CONFIGURATION' ? { advice: adviceFor(root) } : {},
      })
    }
  }
}

function speaks(
  broker: Broker,
  { key, version }: { readonly key: number; readonly version: number },
): boolean {
  return (broker.versions[key]?.maxVersion ?? 0) >= version
}

function allUnknown(names: readonly string[]): ReadonlyMap<string, Rights> {
  return new Map(names.map((name) => [name, 'unknown']))
}

/** Said of any partition of the cluster, whichever topics were asked for. */
function isLeaderless(error: unknown): boolean {
  const cause = rootCause(error)
  return 'type' in cause && cause.type === 'LEADER_NOT_AVAILABLE'
}

/** Who may not see a group is told so by every broker; the others leave the word to the one that keeps it. */
function together(answers: readonly Answered[]): Rights {
  if (answers.some(({ errorCode }) => errorCode === groupDenied)) return none
  return answers.find(({ errorCode }) => errorCode === 0)?.rights ?? 'unknown'
}
