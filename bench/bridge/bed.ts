import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { childRunning } from '../gateway/process-usage.ts'
import { BareLoop } from './bare-loop.ts'
import { Benthos } from './benthos.ts'
import type { Contender } from './contender.ts'
import { Endpoint } from './endpoint.ts'
import type { BridgeBenchOptions } from './options.ts'
import { OurBridge } from './our-bridge.ts'
import { ParallelConsumer } from './parallel-consumer.ts'
import { Topics } from './topics.ts'

/** The servers, the endpoint, and the contenders. */
export class Bed {
  readonly endpoint: Endpoint
  readonly topics: Topics
  readonly ours: Contender
  readonly ceiling: Contender = new BareLoop()
  /** Undefined where rivals were left out. */
  readonly parallelConsumer: Contender | undefined
  readonly benthos: Contender | undefined
  /** Undefined where the broker is no child of this process. */
  readonly brokerPid: number | undefined
  readonly #stack: LocalStack
  readonly #folder: string

  private constructor(
    stack: LocalStack,
    folder: string,
    endpoint: Endpoint,
    topics: Topics,
    parallelConsumer: Contender | undefined,
    { dist, profile, rivalsDir, alone }: BridgeBenchOptions,
  ) {
    this.#stack = stack
    this.#folder = folder
    this.endpoint = endpoint
    this.topics = topics
    const { brokers, schemaRegistryUrl } = stack
    this.ours = new OurBridge({ brokers, schemaRegistryUrl, folder, dist, profile })
    this.parallelConsumer = parallelConsumer
    this.benthos = alone ? undefined : new Benthos(rivalsDir, brokers)
    this.brokerPid = childRunning('kafka.Kafka')
  }

  static async start(options: BridgeBenchOptions): Promise<Bed> {
    const { rivalsDir, alone } = options
    const folder = mkdtempSync(join(tmpdir(), 'registry-relay-bench-'))
    const endpoint = await Endpoint.start(rivalsDir, folder)
    // The settings that the stack starts with are for a quick start; here the broker runs as Java would run it.
    const stack = await startLocalStack({ jvmOptions: ['-Xms1g', '-Xmx1g'] })
    try {
      const { brokers, schemaRegistryUrl } = stack
      const rival = alone ? undefined : await ParallelConsumer.find(rivalsDir, brokers)
      const topics = await Topics.connect(brokers, schemaRegistryUrl)
      return new Bed(stack, folder, endpoint, topics, rival, options)
    } catch (error) {
      await stack.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.topics.close()
    await this.#stack.stop()
    rmSync(this.#folder, { recursive: true, force: true })
    // Last: it is whose end removes the folder when this process dies on the way.
    await this.endpoint.stop()
  }
}
