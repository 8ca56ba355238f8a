import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { rootCause } from '../../../src/kafka/classify.ts'
import type { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import { until } from '../../support/until.ts'
import { ConsumerBed, KeepingHandler } from './consumer-bed.ts'

let bed: ConsumerBed

before(async () => {
  bed = await ConsumerBed.start()
})
after(() => bed.stop())

/** A topic of `count` records and a member of a group on it; stopped with the test. */
async function readingOf(
  t: TestContext,
  topic: string,
): Promise<{ consumer: KafkaConsumer; handler: KeepingHandler }> {
  const consumer = bed.consumer(topic, topic)
  const handler = new KeepingHandler()
  t.after(() => consumer.close())
  await consumer.start(handler)
  return { consumer, handler }
}

async function topicWith(count: number, partitions = 1): Promise<string> {
  const topic = bed.name()
  await bed.create(topic, partitions)
  await bed.produce(topic, count)
  return topic
}

describe('what a group remembers, on a real Kafka', { concurrency: true }, () => {
  test('what is committed with its metadata is there at the next join, and reading begins there', async (t) => {
    const topic = await topicWith(10)
    const first = await readingOf(t, topic)
    await until(() => first.handler.offsets.length === 10)
    assert.equal(first.handler.batches[0]?.held.committed, undefined)
    await first.consumer.commit([{ topic, partition: 0, next: 4n, metadata: 'map of what is done' }])
    await first.consumer.close()
    const second = await readingOf(t, topic)
    await until(() => second.handler.offsets.length === 6)
    assert.deepEqual(second.handler.batches[0]?.held.committed, { next: 4n, metadata: 'map of what is done' })
    assert.equal(second.handler.offsets[0], 4n)
  })

  test('all partitions are asked for at once, and those without an offset begin at their first record', async (t) => {
    const topic = await topicWith(3, 3)
    await bed.produce(topic, 3, 'value', 2)
    const first = await readingOf(t, topic)
    await until(() => first.handler.offsets.length === 6)
    await first.consumer.commit([{ topic, partition: 2, next: 1n, metadata: '' }])
    await first.consumer.close()
    const second = await readingOf(t, topic)
    await until(() => second.handler.offsets.length === 5)
    const begun = new Map(
      second.handler.batches.map(({ batch, held }) => [
        batch.partition,
        [batch.records[0]?.offset, held.committed],
      ]),
    )
    assert.deepEqual(begun.get(0), [0n, undefined])
    assert.deepEqual(begun.get(2), [1n, { next: 1n, metadata: '' }])
    const ends = await second.consumer.ends([0, 1, 2, 7].map((partition) => ({ topic, partition })))
    assert.deepEqual(
      [...ends].sort((a, b) => a.partition - b.partition),
      [3n, 0n, 3n].map((end, partition) => ({ topic, partition, end })),
    )
  })

  test('metadata that is too long is refused with a code, and the other entries of that request are written', async (t) => {
    const topic = await topicWith(10, 2)
    await bed.produce(topic, 10, 'value', 1)
    const { consumer, handler } = await readingOf(t, topic)
    await until(() => handler.offsets.length === 20)
    const both = (next: bigint, metadata: string) => [
      { topic, partition: 1, next, metadata },
      { topic, partition: 0, next, metadata: 'short' },
    ]
    await assert.rejects(consumer.commit(both(4n, 'x'.repeat(4_097))), (error) => {
      assert.equal((rootCause(error) as { type?: unknown }).type, 'OFFSET_METADATA_TOO_LARGE')
      return isRelayError(error, 'COMMIT_METADATA_TOO_LARGE')
    })
    assert.deepEqual(await bed.remembered(topic, topic), { offset: '4', metadata: 'short' })
    assert.equal(await bed.remembered(topic, topic, 1), undefined)
    await consumer.commit(both(5n, 'x'.repeat(4_096)))
    assert.deepEqual(await bed.remembered(topic, topic), { offset: '5', metadata: 'short' })
  })

  test('what is committed while everything is given back, at a rebalance and at the end, is written', async (t) => {
    const topic = await topicWith(10, 2)
    await bed.produce(topic, 10, 'value', 1)
    const first = await readingOf(t, topic)
    await until(() => first.handler.offsets.length === 20)
    let written = 2n
    first.handler.atGiveBack = async () => {
      await first.consumer.commit([{ topic, partition: 0, next: written + 1n, metadata: '' }])
      written += 1n
    }
    const second = await readingOf(t, topic)
    await until(async () => (await bed.remembered(topic, topic))?.offset === '3')
    await second.consumer.close()
    const before = first.handler.batches.length
    for (const partition of [0, 1]) await bed.produce(topic, 1, 'value', partition)
    // Beside the other member it had one of the two: with both, the rebalance is over.
    const since = () => first.handler.batches.slice(before).map(({ batch }) => batch.partition)
    await until(() => new Set(since()).size === 2)
    await first.consumer.close()
    assert.equal((await bed.remembered(topic, topic))?.offset, String(written))
    // At the second join the partition may have been that of the other member.
    assert.ok(written >= 4n, `${written}`)
  })

  test('G6: records deleted before they were read are counted, and reading goes on at the earliest one', async (t) => {
    const topic = await topicWith(30)
    const first = await readingOf(t, topic)
    await until(() => first.handler.offsets.length === 30)
    await first.consumer.commit([{ topic, partition: 0, next: 10n, metadata: 'map' }])
    await first.consumer.close()
    await bed.deleteBefore(topic, 25)
    const second = await readingOf(t, topic)
    await until(() => second.handler.offsets.length === 5)
    assert.deepEqual(second.handler.losses, [{ topic, partition: 0, from: 10n, to: 25n, count: 15n }])
    assert.equal(second.handler.offsets[0], 25n)
    assert.equal(second.handler.batches[0]?.held.committed, undefined)
    await second.consumer.commit([{ topic, partition: 0, next: 26n, metadata: 'new' }])
    assert.deepEqual(await bed.remembered(topic, topic), { offset: '26', metadata: 'new' })
  })

  test('G7: of a topic that was deleted and made anew with fewer records none is skipped', async (t) => {
    const topic = await topicWith(100)
    const { consumer, handler } = await readingOf(t, topic)
    await until(() => handler.offsets.length === 100)
    await consumer.commit([{ topic, partition: 0, next: 100n, metadata: 'map' }])
    // As a handler does that does not know of it yet.
    handler.atGiveBack = () =>
      consumer.commit([{ topic, partition: 0, next: 100n, metadata: 'map' }]).catch(() => {})
    await bed.admin.deleteTopics({ topics: [topic] })
    const made = (): Promise<boolean> =>
      bed.create(topic).then(
        () => true,
        () => false,
      )
    await until(made)
    await until(() =>
      bed.produce(topic, 5, 'anew').then(
        () => true,
        () => false,
      ),
    )
    await until(() => handler.values.at(-1) === 'anew 4', {
      ms: 60_000,
      what: () => String(handler.values.at(-1)),
    })
    const anew = handler.values.filter((value) => value?.startsWith('anew'))
    assert.deepEqual(anew.slice(-5), ['anew 0', 'anew 1', 'anew 2', 'anew 3', 'anew 4'])
    const last = handler.batches.filter(({ batch }) => batch.records.some(({ offset }) => offset < 5n)).at(-1)
    assert.equal(last?.held.committed, undefined)
  })

  test('G7: a topic that was made anew while nobody read it is read from its beginning, though the group goes on elsewhere', async (t) => {
    const topic = await topicWith(5)
    // The group remembers an offset of the old topic.
    await bed.admin.setOffsets({ groupId: topic, topic, partitions: [{ partition: 0, offset: '100' }] })
    const { handler } = await readingOf(t, topic)
    await until(() => handler.offsets.length === 5)
    assert.deepEqual(handler.losses, [{ topic, partition: 0, from: 100n, to: 0n, count: 0n }])
    assert.equal(handler.batches[0]?.held.committed, undefined)
  })

  test('G7: a group that was deleted while it was stopped begins at the earliest record', async (t) => {
    const topic = await topicWith(10)
    const first = await readingOf(t, topic)
    await until(() => first.handler.offsets.length === 10)
    await first.consumer.commit([{ topic, partition: 0, next: 10n, metadata: 'map' }])
    await first.consumer.close()
    await bed.admin.deleteGroups([topic])
    const second = await readingOf(t, topic)
    await until(() => second.handler.offsets.length === 10)
    assert.deepEqual([second.handler.offsets[0], second.handler.batches[0]?.held.committed], [0n, undefined])
    assert.deepEqual(second.handler.losses, [])
  })
})
