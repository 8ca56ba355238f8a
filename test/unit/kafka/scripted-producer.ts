import type {
  Leaders,
  OnLeaders,
  ProduceBatch,
  ProduceReply,
  ProducerFactory,
  ProducerPort,
} from '../../../src/kafka/producer-port.ts'

/** One request as a producer got it, open until it is answered. */
export interface Request {
  readonly producer: number
  readonly broker: number
  readonly batches: readonly ProduceBatch[]
  /** Values per partition, as text. */
  readonly texts: Readonly<Record<number, readonly string[]>>
  /** The broker has it all. */
  confirm(): void
  reply(replies: readonly ProduceReply[]): void
  fail(error: unknown): void
}

export interface ScriptedBrokerOptions {
  readonly partitions?: number
  /** Leader of each partition; default broker 1 leads all. */
  readonly leaderOf?: (partition: number) => number
}

/**
 * A Kafka that does what the test says, behind the port: it keeps a log per partition, and answers requests at once unless
 * `hold` is set. What it does to sequences is left out: the real broker proves that.
 */
export class ScriptedBroker {
  readonly requests: Request[] = []
  readonly open: Request[] = []
  readonly logs: Map<number, string[]> = new Map()
  readonly leaders: Map<number, number> = new Map()
  /** Partitions that exist, with or without leader. */
  partitionCount: number
  /** Producers made, connected and closed so far. */
  made = 0
  connected = 0
  closed = 0
  refreshes = 0
  hold = false
  /** Called before a request is answered; what it throws is the answer. */
  onProduce: (request: Request) => void = () => {}
  onConnect: () => void | Promise<void> = () => {}
  onRefresh: () => void | Promise<void> = () => {}
  #tell: OnLeaders = () => {}

  constructor({ partitions = 3, leaderOf = () => 1 }: ScriptedBrokerOptions = {}) {
    this.partitionCount = partitions
    for (let partition = 0; partition < partitions; partition++) {
      this.leaders.set(partition, leaderOf(partition))
    }
  }

  readonly producer: ProducerFactory = (onLeaders): ProducerPort => {
    const producer = ++this.made
    this.#tell = onLeaders
    return {
      connect: async () => {
        await this.onConnect()
        this.connected += 1
      },
      produce: (broker, batches) => this.#produce(producer, broker, batches),
      refreshLeaders: async () => {
        this.refreshes += 1
        await this.onRefresh()
        onLeaders(this.#view(), this.partitionCount)
      },
      close: async () => {
        this.closed += 1
      },
    }
  }

  /** The client sees newer metadata, as it does at any send. */
  announce(): void {
    this.#tell(this.#view(), this.partitionCount)
  }

  /** Everything that was written, in order, of one partition. */
  log(partition: number): readonly string[] {
    return this.logs.get(partition) ?? []
  }

  get all(): readonly string[] {
    return [...this.logs.values()].flat()
  }

  #view(): Leaders {
    return new Map(this.leaders)
  }

  #produce(
    producer: number,
    broker: number,
    batches: readonly ProduceBatch[],
  ): Promise<readonly ProduceReply[]> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        const at = this.open.indexOf(request)
        if (at >= 0) this.open.splice(at, 1)
        act()
      }
      const request: Request = {
        producer,
        broker,
        batches,
        texts: Object.fromEntries(
          batches.map(({ partition, records }) => [partition, records.map(({ value }) => value.toString())]),
        ),
        confirm: () => settle(() => resolve(batches.map((batch) => this.append(batch)))),
        reply: (replies) => settle(() => resolve(replies)),
        fail: (error) => settle(() => reject(error)),
      }
      this.requests.push(request)
      this.open.push(request)
      try {
        this.onProduce(request)
      } catch (error) {
        request.fail(error)
        return
      }
      if (!this.hold && this.open.includes(request)) request.confirm()
    })
  }

  append({ partition, records }: ProduceBatch): ProduceReply {
    const log = this.logs.get(partition) ?? []
    this.logs.set(partition, log)
    const baseOffset = String(log.length)
    log.push(...records.map(({ value }) => value.toString()))
    return { partition, errorCode: 0, baseOffset }
  }
}

/** As the client reports an error of the broker. */
export function protocolError(type: string, code: number): Error {
  const root = Object.assign(new Error(`broker says ${type}`), { name: 'KafkaJSProtocolError', type, code })
  return Object.assign(new Error(root.message, { cause: root }), { name: 'KafkaJSNonRetriableError' })
}
