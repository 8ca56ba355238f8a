import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteBudget } from '../../../src/gateway/byte-budget.ts'
import { CollectedBody } from '../../../src/gateway/collected-body.ts'

const chunks = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 12 },
)

test('property: however a body comes, it is whole up to the limit, and beyond it beginning, length and SHA-256 are right', () => {
  fc.assert(
    fc.property(
      chunks,
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 0, max: 60 }),
      fc.boolean(),
      (parts, maxBodyBytes, kept, tells) => {
        const all = Buffer.concat(parts)
        const budget = new ByteBudget(1_000)
        const body = new CollectedBody(
          { maxBodyBytes, keptOfOversize: kept, budget },
          tells ? all.length : undefined,
        )
        for (const part of parts) {
          assert.equal(body.add(part), undefined)
          assert.ok(budget.used <= Math.max(maxBodyBytes, kept))
        }
        const { content, whole, release } = body.finish()
        assert.equal(budget.used, content.length)
        if (all.length <= maxBodyBytes) {
          assert.deepEqual([content, whole], [all, undefined])
        } else {
          assert.deepEqual(content, all.subarray(0, kept))
          const sha256 = createHash('sha256').update(all).digest('hex')
          assert.deepEqual(whole, { bytes: all.length, sha256 })
        }
        release()
        assert.equal(budget.used, 0)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('refuses what is over the limit where nothing of it is to be kept, and what the budget has no room for', () => {
  const budget = new ByteBudget(10)
  const strict = new CollectedBody({ maxBodyBytes: 5, budget })
  assert.equal(strict.add(Buffer.alloc(5)), undefined)
  assert.equal(strict.add(Buffer.alloc(1))?.code, 'TOO_LARGE')
  const other = new CollectedBody({ maxBodyBytes: 100, keptOfOversize: 10, budget })
  assert.equal(other.add(Buffer.alloc(6))?.code, 'OVER_BUDGET')
  strict.abandon()
  assert.equal(budget.used, 0)
})

test('a beginning of a chunk does not hold the chunk', () => {
  const budget = new ByteBudget(1_000)
  const body = new CollectedBody({ maxBodyBytes: 10, keptOfOversize: 4, budget })
  body.add(Buffer.alloc(100_000, 'x'))
  assert.ok(body.finish().content.buffer.byteLength < 100_000)
})
