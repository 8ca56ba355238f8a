import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { envelope, GatewayBed, post } from './gateway-bed.ts'

test('what Kafka had and lost is published again from the spool once its cursor is removed, in order and with the same ids', async (t) => {
  const stops = stopsInReverse(t)
  const stack = await startLocalStack()
  stops(() => stack.stop())
  const bed = new GatewayBed(stack)
  stops(() => bed.remove())
  await bed.createTopics()
  const gateway = await bed.start()
  stops(() => gateway.stop())
  const ids = Array.from({ length: 30 }, (_, index) => `event-${index}`)
  for (const id of ids) assert.equal((await post(gateway.url, envelope(id))).status, 200)
  await gateway.emptied()
  await gateway.stop()

  // Another topic stands for one that was made anew.
  rmSync(join(bed.spoolFolder, 'cursor'))
  const anew = new GatewayBed(stack, { spool: { folder: bed.spoolFolder } })
  stops(() => anew.remove())
  await anew.createTopics()
  const heir = await anew.start()
  stops(() => heir.stop())
  await heir.emptied()
  assert.deepEqual(
    (await anew.events()).map(({ id }) => id),
    ids,
  )
})
