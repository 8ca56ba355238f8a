import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RelayError } from '../../../src/errors.ts'
import { BridgeModel } from './bridge-model.ts'
import type { Answer } from './bridge-support.ts'

const refused = new RelayError('DELIVERY_REFUSED', 'answered 422', { facts: { status: 422 } })

const owners = fc.tuple(fc.nat(1), fc.nat(1))
const batch = fc.record({ partition: fc.nat(1), count: fc.integer({ min: 1, max: 6 }) })
const member = fc.nat(1)
const ordinary = [
  {
    weight: 6,
    arbitrary: batch.map(
      ({ partition, count }) =>
        (model: BridgeModel) =>
          model.take(partition, count),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .integer({ min: 0, max: 3_000 })
      .map((ms) => (model: BridgeModel) => model.clock.advance(ms)),
  },
  { weight: 2, arbitrary: member.map((one) => (model: BridgeModel) => model.letGo(one)) },
  { weight: 2, arbitrary: owners.map((given) => (model: BridgeModel) => model.rebalance(given)) },
]
const faults = [
  {
    weight: 1,
    arbitrary: fc.tuple(member, fc.boolean()).map(
      ([one, refusal]) =>
        (model: BridgeModel) =>
          model.refuse(one, refusal),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(member, owners).map(
      ([one, given]) =>
        (model: BridgeModel) =>
          model.crash(one, given),
    ),
  },
]

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'x'), { maxLength: 25 })
const answers = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Answer>('ok') },
    { weight: 3, arbitrary: fc.constant<Answer>('fail') },
    { weight: 2, arbitrary: fc.constant<Answer>('hold') },
    { weight: 1, arbitrary: fc.constant<Answer>(refused) },
  ),
  { maxLength: 80 },
)

for (const [what, steps] of [
  ['over clean rebalances', ordinary],
  ['over crashes and refused commits', [...ordinary, ...faults]],
] as const) {
  test(`I5, I6 ${what}: no commit passes or claims what has no outcome, keys keep their order, nothing is left`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(keys, keys),
        answers,
        fc.array(fc.oneof(...steps), { maxLength: 25 }),
        async (given, script, moves) => {
          const model = new BridgeModel(given, script)
          await model.begin()
          for (const move of moves) await move(model)
          assert.deepEqual(model.faults, [])
          await model.heal()
          assert.deepEqual(model.faults, [])
        },
      ),
      { numRuns: 60 },
    )
  })
}
