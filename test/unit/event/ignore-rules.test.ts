import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Event } from '../../../src/event/event.ts'
import { type IgnoreRules, ignoreFilter, ignores } from '../../../src/event/ignore-rules.ts'

const blob: Event = {
  action: 'push',
  target: { mediaType: 'blob', repository: 'team/app' },
}
const manifest: Event = {
  action: 'pull',
  target: { mediaType: 'manifest', repository: 'team/app' },
}
const deletion: Event = { action: 'delete', target: { repository: 'other' } }
const all = [blob, manifest, deletion]

const cases: readonly (readonly [what: string, rules: IgnoreRules, kept: readonly Event[]])[] = [
  ['no rules keep everything', {}, all],
  ['empty rules keep everything', { mediaTypes: [], actions: [], repositories: {} }, all],
  ['empty lists of repositories keep everything', { repositories: { include: [], exclude: [] } }, all],
  ['rules that meet nothing keep everything', { mediaTypes: ['other'], actions: ['other'] }, all],
  ['a media type alone', { mediaTypes: ['blob'] }, [manifest, deletion]],
  ['both media types', { mediaTypes: ['blob', 'manifest'] }, [deletion]],
  ['one action alone, without media types', { actions: ['pull'] }, [blob, deletion]],
  ['the other action alone', { actions: ['push'] }, [manifest, deletion]],
  ['two actions', { actions: ['push', 'pull'] }, [deletion]],
  ['actions that only the other events have', { actions: ['mount', 'rename'] }, all],
  ['either is enough when both are given', { mediaTypes: ['blob'], actions: ['pull'] }, [deletion]],
  ['a media type in another case is another one', { mediaTypes: ['BLOB'] }, all],
  ['the empty media type is that of deletes', { mediaTypes: [''] }, [blob, manifest]],
  [
    'included repositories are kept, others are not',
    { repositories: { include: ['team/*'] } },
    [blob, manifest],
  ],
  ['excluded repositories are ignored', { repositories: { exclude: ['team/**'] } }, [deletion]],
  [
    'exclusion wins over inclusion',
    { repositories: { include: ['**'], exclude: ['other'] } },
    [blob, manifest],
  ],
  ['repositories alone, in several patterns', { repositories: { include: ['x', 'other'] } }, [deletion]],
]
for (const [what, rules, kept] of cases) {
  test(`ignore rules: ${what}`, () => {
    assert.deepEqual(
      all.filter((event) => !ignores(rules, event)),
      kept,
    )
  })
}

test('mount and delete among the ignored actions leave pushes alone', () => {
  assert.equal(ignores({ actions: ['mount', 'delete'] }, blob), false)
  assert.equal(ignores({ actions: ['mount', 'delete'] }, deletion), true)
})

test('user agents go by patterns in which an asterisk crosses slashes and spaces', () => {
  const by = (useragent: string): Event => ({ action: 'pull', request: { useragent } })
  const rules: IgnoreRules = { userAgents: ['containerd/*', '*Trivy*', 'curl'] }
  for (const useragent of [
    'containerd/1.7.2',
    'containerd/v2.0.0 (linux; amd64) go/1.23',
    'x Trivy/0.5 y',
    'curl',
  ]) {
    assert.equal(ignores(rules, by(useragent)), true, useragent)
  }
  for (const useragent of ['Containerd/1.7.2', 'my containerd/1.7.2', 'trivy', 'curl/8.0', '']) {
    assert.equal(ignores(rules, by(useragent)), false, useragent)
  }
})

test('methods are compared exactly, so that looking is told from pulling', () => {
  const by = (method: string): Event => ({ action: 'pull', request: { method } })
  assert.equal(ignores({ methods: ['HEAD'] }, by('HEAD')), true)
  assert.equal(ignores({ methods: ['HEAD'] }, by('GET')), false)
  assert.equal(ignores({ methods: ['HEAD'] }, by('head')), false)
})

test('a user agent or a method that is not there is the empty text', () => {
  for (const rules of [{ userAgents: [''] }, { userAgents: ['*'] }, { methods: [''] }]) {
    assert.equal(ignores(rules, {}), true)
  }
  assert.equal(ignores({ userAgents: ['?*'], methods: ['GET'] }, {}), false)
  assert.equal(ignores({ userAgents: [], methods: [] }, {}), false)
})

test('an event without a repository is not included, and not excluded', () => {
  assert.equal(ignores({ repositories: { include: ['team/**'] } }, {}), true)
  assert.equal(ignores({ repositories: { include: ['**'] } }, {}), false)
  assert.equal(ignores({ repositories: { exclude: ['team/**'] } }, {}), false)
})

test('a compiled filter answers like the rules it was made of, and does not follow later changes to them', () => {
  const name = fc.constantFrom('push', 'pull', 'delete', '')
  const repository = fc.constantFrom('a', 'a/b', 'b', '')
  const rules = fc.record({
    mediaTypes: fc.array(name),
    actions: fc.array(name),
    repositories: fc.record({ include: fc.array(repository), exclude: fc.array(repository) }),
  })
  fc.assert(
    fc.property(rules, name, name, repository, (given, action, mediaType, path) => {
      const event: Event = { action, target: { mediaType, repository: path } }
      const { include, exclude } = given.repositories
      const expected =
        given.actions.includes(action) ||
        given.mediaTypes.includes(mediaType) ||
        (include.length > 0 && !include.includes(path)) ||
        exclude.includes(path)
      const filter = ignoreFilter(given)
      assert.equal(ignores(given, event), expected)
      given.actions.push(action)
      assert.equal(filter(event), expected)
    }),
  )
})
