import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RawRequest, rawReceiver, silence, status } from '../../support/raw-receiver.ts'
import { readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'
import { envelope, post, spoolEmptied } from '../gateway/gateway-bed.ts'
import { headerOf } from '../topic-bridge/fault-run.ts'
import { Chain, idsOf, repositoryOfId } from './chain.ts'

const idOf = (request: RawRequest): string => headerOf(request, 'webhook-id')

test('A commit never passes an event that has no outcome', async (t) => {
  const withoutOutcome = 'team/app-0#1'
  const refused = 'team/app-1#1'
  let held = true
  const receiver = await rawReceiver(t, (socket, request) => {
    const id = idOf(request)
    const answer = held && id === withoutOutcome ? silence : status(id === refused ? 422 : 204)
    answer(socket, request)
  })
  const chain = await Chain.start(t, { topics: { partitions: 1 } })
  const { events } = chain.bed.config.topics
  const ids = idsOf(4, 0, 6)
  const gateway = await chain.serve()
  for (const id of ids) {
    const answer = await post(await gateway.listening(), envelope(id, repositoryOfId(id)))
    assert.equal(answer.status, 200)
  }
  await spoolEmptied(gateway.management)
  const records = await chain.bed.events()
  const offsetOf = (wanted: string): bigint =>
    BigInt(records.find(({ id }) => id === wanted)?.offset ?? Number.NaN)
  const committed = async (): Promise<bigint | undefined> => (await chain.committed('hook')).get(0)?.next
  const commits = async (before: string): Promise<void> => {
    let last: bigint | undefined
    await until(
      async () => {
        last = await committed()
        return last === offsetOf(before)
      },
      { ms: 60_000, what: () => `committed is ${last}, not ${offsetOf(before)}` },
    )
  }

  // A topic of dead letters that is not there: what is refused has no outcome either.
  const lettersMissing = `${events}-missing`
  const endpoint = { name: 'hook', url: receiver.url, timeoutMs: 60_000 }
  const first = chain.bridge([endpoint], { topics: { events, deadLetters: lettersMissing } })
  const behindThem = 4 + 4
  await until(() => new Set(receiver.requests.map(idOf)).size === ids.length - behindThem, { ms: 60_000 })
  await commits(withoutOutcome)
  await first.kill()
  assert.equal(await committed(), offsetOf(withoutOutcome))

  // Where that one is delivered at last, the refused one is next to hold up the commit.
  held = false
  const second = chain.bridge([endpoint], { topics: { events, deadLetters: lettersMissing } })
  await commits(refused)
  second.signal('SIGTERM')
  assert.equal(await second.ended, 0)
  assert.equal(await committed(), offsetOf(refused))

  chain.bridge([endpoint])
  await chain.caughtUp('hook')
  const letters = await readRecords(chain.bed.servers.brokers, chain.bed.config.topics.deadLetters)
  assert.deepEqual(
    letters.map(({ headers }) => headers['__connect.errors.offset']),
    [String(offsetOf(refused))],
  )
  assert.deepEqual([...new Set(receiver.requests.map(idOf))].toSorted(), ids.toSorted())
})
