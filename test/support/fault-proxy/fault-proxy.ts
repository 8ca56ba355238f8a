import type { Random } from '../../../src/clock.ts'
import { BrokerProxy } from './broker-proxy.ts'
import type { FaultSettings } from './faults.ts'
import { type ProxyCounts, sumOf } from './proxy-counts.ts'

/**
 * A proxy in front of each broker of a cluster. The brokers advertise its ports, so that clients meet them through it, while
 * the brokers reach each other without it.
 *
 *     const proxy = await FaultProxy.listen(3, random)
 *     // start the brokers so that they advertise proxy.ports
 *     proxy.forwardTo(addressesOfTheBrokers)
 *     proxy.set({ toClient: { delayMs: 200 } })
 *     proxy.heal()
 */
export class FaultProxy {
  readonly brokers: readonly BrokerProxy[]

  private constructor(brokers: readonly BrokerProxy[]) {
    this.brokers = brokers
  }

  static async listen(count: number, random: Random): Promise<FaultProxy> {
    return new FaultProxy(await Promise.all(Array.from({ length: count }, () => BrokerProxy.listen(random))))
  }

  get ports(): readonly number[] {
    return this.brokers.map(({ port }) => port)
  }

  /** For clients to bootstrap from. */
  get addresses(): readonly string[] {
    return this.brokers.map(({ address }) => address)
  }

  /** Of all brokers together. */
  get counts(): ProxyCounts {
    return sumOf(this.brokers.map(({ counts }) => counts))
  }

  forwardTo(addresses: readonly string[]): void {
    for (const [index, broker] of this.brokers.entries()) {
      const address = addresses[index]
      if (address !== undefined) broker.forwardTo(address)
    }
  }

  /** The same faults on the way to every broker. */
  set(settings: FaultSettings): void {
    for (const broker of this.brokers) broker.set(settings)
  }

  heal(): void {
    this.set({})
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.close()))
  }
}
