import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { postNotification } from '../../src/app/poster.ts'
import { loadSamples } from '../../src/app/samples.ts'
import { type ReceivedEvent, readEnvelope } from '../../src/event/envelope.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { startRelay } from '../support/relay.ts'

/** A topic of the relay's that has the samples, in servers that may be shared. */
export interface FilledTopic {
  readonly name: string
  readonly brokers: string
  readonly schemaRegistryUrl: string
  readonly events: readonly ReceivedEvent['event'][]
  /** Those that push a tag, as `repository:tag`, in the order of their time. */
  readonly taggedPushes: readonly string[]
}

export async function filledTopic(t: TestContext): Promise<FilledTopic> {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  // Nothing is measured: on a machine that is busy no answer is to be a 503.
  const relay = await startRelay(t, stack, { gateway: 'ackBudgetMs: 4500' })
  const samples = loadSamples()
  for (const sample of samples) assert.equal(await postNotification(relay.url, sample, 5_000), 200)
  await relay.receivedAtLeast(samples.length)
  const events = samples.flatMap(({ body }) =>
    readEnvelope(Buffer.from(body)).events.map(({ event }) => event),
  )
  const taggedPushes = events
    .filter(({ action, target }) => action === 'push' && target?.tag !== undefined)
    .toSorted((a, b) => Date.parse(a.timestamp ?? '') - Date.parse(b.timestamp ?? ''))
    .map(({ target }) => `${target?.repository}:${target?.tag}`)
  return {
    name: relay.config.topics.events,
    brokers: stack.brokers.join(),
    schemaRegistryUrl: stack.schemaRegistryUrl,
    events,
    taggedPushes,
  }
}
