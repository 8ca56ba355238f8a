import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TailCommandOptions, tailRequest, WrongTailOption } from '../../../src/cli/tail-options.ts'
import type { Config } from '../../../src/config/config.ts'

const topics: Config['topics'] = {
  events: 'events',
  deadLetters: 'dlq',
  rejected: 'rejected',
  partitions: 1,
  replicationFactor: 1,
  routes: ['pulls', 'pulls'].map((topic) => ({
    topic,
    actions: ['pull'],
    mediaTypes: [],
    repositories: { include: [], exclude: [] },
  })),
}
const now = Date.parse('2026-11-26T12:00:00Z')
const request = (options: Partial<TailCommandOptions>) =>
  tailRequest({ follow: true, ...options }, { topics }, now)

test('without options it follows all topics of events from now on', () => {
  const { topics: read, from, follow, wants } = request({})
  assert.deepEqual([read, from, follow], [['events', 'pulls'], { kind: 'latest' }, true])
  assert.equal(wants({}), true)
})

test('a beginning is a word, a time, a time ago or an offset', () => {
  const from = (text: string, partition?: number) =>
    request({ from: text, topic: ['events'], ...(partition === undefined ? {} : { partition }) }).from
  assert.deepEqual(from('beginning'), { kind: 'earliest' })
  assert.deepEqual(from('earliest'), { kind: 'earliest' })
  assert.deepEqual(from('now'), { kind: 'latest' })
  assert.deepEqual(from('2h'), { kind: 'time', ms: now - 7_200_000 })
  assert.deepEqual(from('2026-11-26T11:00:00Z'), { kind: 'time', ms: now - 3_600_000 })
  assert.deepEqual(from('42', 0), { kind: 'offset', offset: 42n })
})

test('filters meet by pattern or by action, and all kinds of them must', () => {
  const { wants } = request({
    repository: ['team/**', 'base'],
    action: ['push', 'delete'],
    mediaType: ['*manifest*'],
    actor: ['ci-*'],
  })
  const event = {
    action: 'push',
    target: { repository: 'team/a/b', mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    actor: { name: 'ci-7' },
  }
  assert.equal(wants(event), true)
  assert.equal(wants({ ...event, action: 'pull' }), false)
  assert.equal(wants({ ...event, actor: {} }), false)
  assert.equal(wants({ ...event, target: { ...event.target, repository: 'other' } }), false)
  assert.equal(wants({ ...event, target: { ...event.target, mediaType: 'application/octet-stream' } }), false)
})

test('what cannot be meant is told in a sentence', () => {
  const wrong: readonly (readonly [Partial<TailCommandOptions>, RegExp])[] = [
    [{ topic: ['dlq'] }, /^--topic: there is no dlq; the configuration has events, pulls$/],
    [{ from: 'yesterday' }, /^--from: expected a time as .*, got "yesterday"$/],
    [{ from: '7' }, /give --partition too/],
    [{ from: '7', partition: 0 }, /of one topic/],
    [{ action: ['psuh'] }, /"push" was meant\?/],
    [{ follow: false }, /^--no-follow shows nothing from now on/],
  ]
  for (const [options, message] of wrong) {
    assert.throws(
      () => request(options),
      (error) => {
        assert.ok(error instanceof WrongTailOption)
        assert.match(error.message, message)
        return true
      },
    )
  }
})
