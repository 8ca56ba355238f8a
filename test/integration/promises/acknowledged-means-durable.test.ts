import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { envelope, post, spoolEmptied } from '../gateway/gateway-bed.ts'
import { Chain, idsOf, repositoryOfId } from './chain.ts'
import { FailingDiskGateway } from './failing-disk-gateway.ts'

const bodyOf = (id: string): string => envelope(id, repositoryOfId(id))

test('Acknowledged means durable', async (t) => {
  await t.test('ack mode spool: no 2xx without a sync, and none is lost by kill -9', async (t) => {
    const chain = await Chain.start(t)
    const away = chain.with({ kafka: { brokers: ['127.0.0.1:1'] } })

    const failing = new FailingDiskGateway(t, away.configFile, 8)
    const url = await failing.listening()
    const ids = idsOf(2, 0, 10)
    const acknowledged: string[] = []
    for (const id of ids) {
      const isTaken = await post(url, bodyOf(id)).then(
        ({ status }) => status === 200,
        () => false,
      )
      if (isTaken) acknowledged.push(id)
    }
    assert.ok(acknowledged.length > 0 && acknowledged.length < 8, `${acknowledged.length} have a 2xx`)
    assert.deepEqual(acknowledged, ids.slice(0, acknowledged.length), 'a 2xx after the disk had failed')
    assert.equal(await failing.ended, 1, failing.output)

    const killed = await chain.serve(away)
    const later = idsOf(2, 10, 40)
    for (const id of later) assert.equal((await post(await killed.listening(), bodyOf(id))).status, 200, id)
    await killed.kill()

    const heir = await chain.serve()
    await spoolEmptied(heir.management)
    const stored = (await chain.bed.events()).map(({ id }) => id)
    // The one whose sync failed may be there: nobody was told that it is not.
    const unknown = ids[acknowledged.length]
    assert.deepEqual(stored.filter((id) => id !== unknown).toSorted(), [...acknowledged, ...later].toSorted())
  })

  await t.test('ack mode kafka: what has a 2xx is in Kafka and needs no gateway any more', async (t) => {
    const chain = await Chain.start(t, { gateway: { ackMode: 'kafka' } })
    const gateway = await chain.serve()
    const url = await gateway.listening()
    const ids = idsOf(2, 0, 10)
    // Until it knows the leaders and the schema it answers 503.
    for (const id of ids) await until(async () => (await post(url, bodyOf(id))).status === 200)
    await gateway.kill()
    const stored = (await chain.bed.events()).map(({ id }) => id)
    assert.deepEqual(stored.toSorted(), ids.toSorted())
  })
})
