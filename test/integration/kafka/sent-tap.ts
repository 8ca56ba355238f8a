import type { ProduceBatch, ProducerFactory } from '../../../src/kafka/producer-port.ts'

export interface Sent {
  /** Values by partition, as texts. */
  readonly texts: Readonly<Record<number, readonly string[]>>
  outcome: 'open' | 'answered' | 'failed'
}

/** Sees every produce request that a publisher makes, and changes none. */
export class SentTap {
  readonly sent: Sent[] = []

  of(producers: ProducerFactory): ProducerFactory {
    return (onLeaders) => {
      const producer = producers(onLeaders)
      return {
        connect: () => producer.connect(),
        refreshLeaders: () => producer.refreshLeaders(),
        close: () => producer.close(),
        produce: async (broker, batches) => {
          const entry: Sent = { texts: textsOf(batches), outcome: 'open' }
          this.sent.push(entry)
          try {
            const replies = await producer.produce(broker, batches)
            entry.outcome = 'answered'
            return replies
          } catch (error) {
            entry.outcome = 'failed'
            throw error
          }
        },
      }
    }
  }

  /** The requests that held a value, in the order they were made. */
  with(text: string): readonly Sent[] {
    return this.sent.filter(({ texts }) => Object.values(texts).flat().includes(text))
  }
}

function textsOf(batches: readonly ProduceBatch[]): Record<number, readonly string[]> {
  return Object.fromEntries(
    batches.map(({ partition, records }) => [partition, records.map(({ value }) => String(value))]),
  )
}
