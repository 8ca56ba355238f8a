import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  completedOffsets,
  completionMap,
  maxMetadataLength,
} from '../../../src/topic-bridge/completion-map.ts'

const offset = fc.bigInt({ min: 0n, max: 2n ** 62n })

/** Distances as windows have them: dense, sparse, in runs, far away. */
const distances = fc
  .oneof(
    fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 }),
    fc.array(fc.integer({ min: 1, max: 900_000 }), { maxLength: 50 }),
    fc
      .array(fc.record({ gap: fc.integer({ min: 1, max: 200 }), run: fc.integer({ min: 1, max: 400 }) }), {
        maxLength: 20,
      })
      .map(ofRuns),
  )
  .map((given) => [...new Set(given)].sort((a, b) => a - b))

function ofRuns(runs: readonly { readonly gap: number; readonly run: number }[]): number[] {
  const found: number[] = []
  let at = 1
  for (const { gap, run } of runs) {
    at += gap
    for (let n = 0; n < run; n++) found.push(at++)
  }
  return found
}

/** In flight are some of the window, anywhere; all others are done. The offset takes 4 characters of it. */
function mapOfWindow(window: number, inFlight: ReadonlySet<number>): string {
  const done = Array.from({ length: window - 1 }, (_, at) => at + 1).filter((at) => !inFlight.has(at))
  return completionMap(1_000_000n, done, maxMetadataLength)
}

test('what is written is read again, whatever was done', () => {
  fc.assert(
    fc.property(offset, distances, (next, done) => {
      const text = completionMap(next, done, 1_000_000)
      assert.deepEqual(
        completedOffsets(next, text),
        done.map((distance) => next + BigInt(distance)),
      )
    }),
  )
})

test('it is never longer than allowed, and what is left off was at the far end', () => {
  fc.assert(
    fc.property(offset, distances, fc.nat(200), (next, done, maxLength) => {
      const text = completionMap(next, done, maxLength)
      assert.ok(text.length <= maxLength, `${text.length} > ${maxLength}`)
      const read = completedOffsets(next, text)
      const all = done.map((distance) => next + BigInt(distance))
      assert.deepEqual(read, all.slice(0, read.length))
    }),
  )
})

test('nothing done is an empty text, and so is a map for which there is no room', () => {
  assert.equal(completionMap(7n, [], 4_096), '')
  assert.equal(completionMap(7n, [1, 2], 0), '')
  assert.equal(completionMap(7n, [1, 2], 9), '')
  assert.notEqual(completionMap(7n, [1, 2], 10), '')
})

test('a map that was cut or changed is read as one of the same offset, or as none', () => {
  fc.assert(
    fc.property(offset, distances, fc.nat(), fc.string({ unit: 'binary' }), (next, done, at, inserted) => {
      const text = completionMap(next, done, maxMetadataLength)
      const place = text.length === 0 ? 0 : at % text.length
      for (const changed of [text.slice(0, place), text.slice(0, place) + inserted + text.slice(place)]) {
        const read = completedOffsets(next, changed)
        assert.ok(read.every((one) => one > next))
        assert.deepEqual(
          read,
          [...new Set(read)].sort((a, b) => (a < b ? -1 : 1)),
        )
      }
    }),
  )
})

test('no text can make it throw', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.uint8Array({ maxLength: 600 }),
      fc.constantFrom('b', 'r'),
      (text, bytes, form) => {
        assert.deepEqual(completedOffsets(9n, text), [])
        const read = completedOffsets(9n, `rr1.9.${form}.${Buffer.from(bytes).toString('base64url')}`)
        assert.ok(read.length <= 1_000_000)
      },
    ),
  )
})

const good = completionMap(35n, [1, 2, 5], maxMetadataLength)

for (const [what, text] of [
  ['an empty text', ''],
  ['what another program wrote', '{"bitset":"AAA="}'],
  ['a later version', good.replace('rr1', 'rr2')],
  ['another form', good.replace('.b.', '.x.')],
  ['a map with something behind it', `${good}.`],
  ['a map without its bytes', 'rr1.z.b'],
  ['base64 that nobody writes so', `${good}=`],
  ['bytes that end inside a number', `rr1.z.r.${Buffer.from([0, 2, 0x80]).toString('base64url')}`],
] as const) {
  test(`${what} is no map`, () => {
    assert.deepEqual(completedOffsets(35n, text), [])
  })
}

test('a map that was carried over to another offset is not believed', () => {
  assert.deepEqual(completedOffsets(35n, good), [36n, 37n, 40n])
  assert.deepEqual(completedOffsets(36n, good), [])
})

for (const [what, bytes] of [
  ['one that is longer than any window', varints(1, 2 ** 40)],
  ['many that are it together', varints(...Array.from({ length: 3_000 }, () => 500_000))],
  ['one that starts beyond any window', varints(2 ** 50, 5)],
  ['one behind a number without end', [...Array(160).fill(0x80), 0x00, ...varints(2 ** 40)]],
  ['one behind the largest number', [...Array(160).fill(0xff), 0x01, ...varints(2 ** 40)]],
] as const) {
  test(`a run that would fill the memory is refused: ${what}`, () => {
    const text = `rr1.z.r.${Buffer.from(bytes).toString('base64url')}`
    assert.deepEqual(completedOffsets(35n, text), [])
  })
}

test('what is done too far away to be believed is left off, and the rest is told', () => {
  const text = completionMap(35n, [1, 2, 999_999, 1_000_000, 5_000_000], maxMetadataLength)
  assert.deepEqual(completedOffsets(35n, text), [36n, 37n, 35n + 999_999n])
})

test('runs are written where they are shorter, bits where those are', () => {
  const even = Array.from({ length: 100 }, (_, at) => 2 * at + 1)
  assert.match(completionMap(0n, even, 4_096), /^rr1\.0\.b\./)
  assert.match(completionMap(0n, ofRuns([{ gap: 1, run: 1_000 }]), 4_096), /^rr1\.0\.r\./)
})

for (const [window, most] of [
  [100, 30],
  [500, 110],
  [2_000, 400],
] as const) {
  test(`a window of ${window} records takes no more than ${most} characters, whatever is in flight`, () => {
    const inFlight = fc.uniqueArray(fc.integer({ min: 1, max: window - 1 }), { maxLength: window })
    fc.assert(
      fc.property(inFlight, (flying) => {
        const { length } = mapOfWindow(window, new Set(flying))
        assert.ok(length <= most, `${length}`)
      }),
    )
  })
}

function varints(...values: readonly number[]): number[] {
  return values.flatMap((value) => {
    const bytes: number[] = []
    let left = value
    for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80)
    return [...bytes, left]
  })
}
