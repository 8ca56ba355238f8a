import { envelopeHash } from '../../crash/generated-event.ts'
import { readRecords } from '../../support/read-records.ts'
import type { Scenario } from '../scenario.ts'
import { lasting, rounds } from './pace.ts'

/** Bytes: an image index of twenty is above, any other event below, and three of the others together above. */
const limit = 1_800

const k14: Scenario = {
  name: 'K14',
  title: 'events too large for the topic, and batches that only together are',
  seconds: 20,
  async faults(stage) {
    const { cluster, topic } = stage
    stage.fault(`max.message.bytes of the topic is ${limit}`)
    await cluster.alterTopic(topic, 'max.message.bytes', String(limit))
    await rounds(stage.seconds, async () => {
      await lasting(2)
      // What waited goes out in batches, each of them too large as a whole.
      stage.fault('all brokers out of reach for a second')
      cluster.proxy.set({ toBroker: { flow: 'hold' } })
      await lasting(1)
      cluster.proxy.heal()
    })
    await cluster.alterTopic(topic, 'max.message.bytes', '2097152')
  },
  // What the topic does not take must be with what was rejected, whole.
  async judge(stage, { violations }) {
    const { cluster, topic, history } = stage
    const rejected = await readRecords(cluster.direct.brokers, `${topic}-rejected`)
    const kept = new Set(rejected.map(({ value }) => envelopeHash(value)))
    const hashes = new Map(history.operations.map(({ event }) => [event.id, event.hash]))
    if (kept.size < 50) stage.problem(`only ${kept.size} events were rejected`)
    const small = rejected.filter(({ value }) => value.length < limit)
    if (small.length > 0) stage.problem(`${small.length} events were rejected that are small enough`)
    return violations.filter(({ invariant, id }) => {
      return invariant !== 'no loss' || id === undefined || !kept.has(hashes.get(id) ?? '')
    })
  },
}

export const sizes: readonly Scenario[] = [k14]
