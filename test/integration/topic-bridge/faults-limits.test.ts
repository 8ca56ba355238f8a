import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { completedOffsets } from '../../../src/topic-bridge/completion-map.ts'
import { type Answer, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { BridgeBed, eventOf } from './bridge-bed.ts'
import { askedBy, FaultRun, repositoryOf } from './fault-run.ts'

let bed: BridgeBed
/** What a commit may bring along. */
const metadataBytes = 130

before(async () => {
  bed = await BridgeBed.start({
    ways: ['docker', 'java'],
    brokerProperties: {
      'offset.metadata.max.bytes': String(metadataBytes),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  })
})
after(() => bed.stop())

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `team/app-${n}`)

test('a completion map that is too large for the brokers is made shorter, commits go on, and nothing is lost by it', async (t) => {
  let works = false
  // Without a pattern that would make the map short.
  const failing = new Set(names(60).filter((_, n) => n === 0 || (n * n) % 11 > 4))
  const answer: Answer = (socket, request) =>
    status(works || !failing.has(repositoryOf(request)) ? 200 : 503)(socket, request)
  const first = await FaultRun.start(t, {
    ...{ bed, answer, repositories: names(60), each: 25 },
    endpoint: () => ({ breaker: { failures: 1_000 } }),
  })
  await until(() => first.delivered.length === (60 - failing.size) * 25)
  const told = async (): Promise<string> => {
    const groupId = first.bridge.groupId
    const [group] = await bed.admin.fetchOffsets({ groupId, topics: [first.where.topic] })
    return group?.partitions[0]?.metadata ?? ''
  }
  const warnings = (): number =>
    first.telemetry.lines.filter(({ message }) => message.startsWith('the brokers take less metadata')).length
  await until(() => warnings() > 0)
  await first.bridge.close()
  const map = await told()
  const known = completedOffsets(0n, map).length
  assert.ok(map.length <= metadataBytes && known > 100, `${known} done in ${map}`)
  assert.equal(warnings(), 1)
  works = true
  const second = await FaultRun.start(t, { bed, answer, where: first.where })
  await second.ended()
  assert.equal(second.delivered.length, 60 * 25 - known)
  const events = new Set([...first.delivered, ...second.delivered].map(({ event }) => event.id))
  assert.equal(events.size, 60 * 25)
})

for (const [what, prevent, permit] of [
  [
    'is missing',
    (topic: string) => bed.admin.deleteTopics({ topics: [topic] }),
    (topic: string) =>
      bed.admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
      }),
  ],
  [
    'may not be written to',
    (topic: string) => bed.admin.createAcls({ acl: [denial(topic)] }),
    (topic: string) => bed.admin.deleteAcls({ filters: [denial(topic)] }),
  ],
] as const) {
  test(`while the topic of dead letters ${what}, nothing is committed past what belongs there, everything else goes on, and then it is written`, async (t) => {
    const where = await bed.topic(1)
    await prevent(where.deadLetterTopic)
    const poison = { key: 'team/poison', value: 'no record' }
    await bed.send(where.topic, [poison])
    await bed.produce(where.topic, ['team/poison', 'team/app'], 5)
    const refusing: Answer = (socket, request) =>
      status(askedBy(request).id === 'team/refused#0' ? 422 : 200)(socket, request)
    const run = await FaultRun.start(t, { bed, answer: refusing, where })
    await bed.send(where.topic, [
      { key: 'team/refused', value: bed.value(eventOf('team/refused', 0)) },
      { key: 'team/refused', value: bed.value(eventOf('team/refused', 1)) },
    ])
    const failed = (): number =>
      [...run.telemetry.values]
        .filter(([name]) => name.startsWith('registry_relay_bridge_retries_total hook dead_letter'))
        .reduce((sum, [, count]) => sum + count, 0)
    await until(() => failed() >= 4 && run.delivered.length === 5, {
      what: () => `${failed()} failures, ${run.delivered.length} delivered, ${[...run.telemetry.values]}`,
    })
    // Both lanes with a dead letter stand; the endpoint was asked once for the event that it refused.
    assert.equal(run.receiver.requests.length, 6)
    assert.ok([-1, 0].includes((await bed.committed(where.topic)).get(0) ?? -1))
    await permit(where.deadLetterTopic)
    await run.ended()
    assert.equal(run.delivered.length, 11)
    assert.equal(run.receiver.requests.length, 12)
    const letters = await run.deadLetters()
    assert.deepEqual(letters.map(({ key }) => key).toSorted(), ['team/poison', 'team/refused'])
    assert.equal(letters.find(({ key }) => key === 'team/poison')?.value.toString(), 'no record')
  })
}

/** Nobody may write there. */
function denial(topic: string) {
  return {
    resourceType: kafkajs.AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation: kafkajs.AclOperationTypes.WRITE,
    permissionType: kafkajs.AclPermissionTypes.DENY,
  }
}
