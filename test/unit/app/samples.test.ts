import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSamples, loadSamples } from '../../../src/app/samples.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'

const idsOf = ({ body }: { readonly body: string }): readonly string[] =>
  readEnvelope(Buffer.from(body)).events.map(({ event }) => event.id ?? '')

test('fresh samples are the recorded ones but for the ids of their events, which are new each time', () => {
  const recorded = loadSamples()
  const runs = [freshSamples(), freshSamples()]
  const ids = [recorded, ...runs].flatMap((samples) => samples.flatMap(idsOf))
  assert.equal(new Set(ids).size, 3 * recorded.length)
  for (const run of runs) {
    const under = run.map((sample, index) => {
      const [id = '', was = ''] = [idsOf(sample)[0], idsOf(recorded[index] ?? sample)[0]]
      return { ...sample, body: sample.body.replace(id, was) }
    })
    assert.deepEqual(under, recorded)
  }
})
