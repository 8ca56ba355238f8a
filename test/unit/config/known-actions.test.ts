import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionProblem, knownActions } from '../../../src/config/known-actions.ts'
import { eventActions } from '../../../src/event/actions.ts'
import { findings, minimal } from './parsing.ts'

test('every action that registries send is known, and no other', () => {
  assert.deepEqual(knownActions.toSorted(), Object.values(eventActions).toSorted())
  for (const action of knownActions) assert.equal(actionProblem(action), undefined)
})

for (const [given, meant] of [
  ['PULL', 'pull'],
  ['pulls', 'pull'],
  ['psuh', 'push'],
  ['deleted', 'delete'],
  ['rname', 'rename'],
] as const) {
  test(`for the action ${given} the message names ${meant}`, () => {
    assert.equal(actionProblem(given), `no registry sends the action "${given}"; "${meant}" was meant?`)
  })
}

test('where nothing is near, the message lists what there is', () => {
  assert.equal(
    actionProblem('tag'),
    'no registry sends the action "tag"; they send pull, push, mount, delete, rename',
  )
})

for (const [where, block] of [
  ['topics.routes.0.actions.0', 'topics: { routes: [{ topic: t, actions: [pulls] }] }'],
  ['gateway.ignore.actions.0', 'gateway: { ignore: { actions: [pulls] } }'],
  [
    'bridge.endpoints.0.only.actions.0',
    'bridge: { endpoints: [{ name: a, url: "http://h/", only: { actions: [pulls] } }] }',
  ],
  [
    'bridge.endpoints.0.ignore.actions.0',
    'bridge: { endpoints: [{ name: a, url: "http://h/", ignore: { actions: [pulls] } }] }',
  ],
] as const) {
  test(`a misspelt action is refused in ${where}`, () => {
    const [finding = ''] = findings(`${minimal}${block}\n`)
    assert.ok(
      finding.endsWith(`"${where}": no registry sends the action "pulls"; "pull" was meant?`),
      finding,
    )
  })
}
