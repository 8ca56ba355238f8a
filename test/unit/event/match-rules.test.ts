import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../../src/event/event.ts'
import { type MatchRules, matchFilter } from '../../../src/event/match-rules.ts'

const push: Event = { action: 'push', target: { mediaType: 'manifest', repository: 'team/app' } }
const pull: Event = { action: 'pull', target: { mediaType: 'manifest', repository: 'team/app' } }
const deletion: Event = { action: 'delete', target: { repository: 'other' } }
const bare: Event = {}
const all = [push, pull, deletion, bare]

const cases: readonly (readonly [what: string, rules: MatchRules, meant: readonly Event[]])[] = [
  ['no rules mean every event', {}, all],
  ['empty lists mean every event', { actions: [], mediaTypes: [], repositories: { include: [] } }, all],
  ['an action', { actions: ['pull'] }, [pull]],
  ['one of several actions', { actions: ['pull', 'delete'] }, [pull, deletion]],
  ['an action in another case is another one', { actions: ['PULL'] }, []],
  ['a media type', { mediaTypes: ['manifest'] }, [push, pull]],
  ['the empty media type is that of events without one', { mediaTypes: [''] }, [deletion, bare]],
  ['a pattern of repositories', { repositories: { include: ['team/**'] } }, [push, pull]],
  ['an event without repository is in no list', { repositories: { include: ['*'] } }, [deletion, bare]],
  ['all but some repositories', { repositories: { exclude: ['team/*'] } }, [deletion, bare]],
  [
    'exclusion wins over inclusion',
    { repositories: { include: ['**'], exclude: ['other'] } },
    [push, pull, bare],
  ],
  ['every list must match', { actions: ['pull', 'delete'], mediaTypes: ['manifest'] }, [pull]],
  ['lists that no event matches together mean none', { actions: ['delete'], mediaTypes: ['manifest'] }, []],
]

for (const [what, rules, meant] of cases) {
  test(`match rules: ${what}`, () => {
    assert.deepEqual(all.filter(matchFilter(rules)), meant)
  })
}
