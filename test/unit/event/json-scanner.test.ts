import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { childSpans, compactJson, nestsDeeperThan, spanAt } from '../../../src/event/json-scanner.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'

const runs = 500

const space = fc
  .array(fc.constantFrom(' ', '\n', '\t', '\r'), { maxLength: 2 })
  .map((characters) => characters.join(''))

/** JSON text with white space in all the places where it may stand. */
const jsonText = fc
  .tuple(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), fc.array(space, { minLength: 5, maxLength: 5 }))
  .map(([value, spaces]) => {
    let next = 0
    const gap = (): string => spaces[next++ % spaces.length] ?? ''
    const write = (part: unknown): string => {
      if (Array.isArray(part)) return `[${gap()}${part.map((item) => write(item) + gap()).join(`,${gap()}`)}]`
      if (typeof part !== 'object' || part === null) return JSON.stringify(part)
      const members = Object.entries(part).map(
        ([key, member]) => `${JSON.stringify(key)}${gap()}:${gap()}${write(member)}${gap()}`,
      )
      return `{${gap()}${members.join(`,${gap()}`)}}`
    }
    return gap() + write(value) + gap()
  })

function compare(text: string, value: unknown, path: readonly string[]): number {
  const span = spanAt(text, path)
  assert.ok(span, `nothing at ${path.join('/')}`)
  const slice = text.slice(span.start, span.end)
  assert.deepEqual(JSON.parse(slice), value)
  assert.equal(slice, slice.trim())
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const children = childSpans(text, span.start)
  assert.deepEqual(new Set(children.map(({ key }) => key)), new Set(keys))
  assert.equal(spanAt(text, [...path, 'no such key']), undefined)
  return keys.reduce(
    (depth, key) => {
      const child = (value as Record<string, unknown>)[key]
      return Math.max(depth, 1 + compare(text, child, [...path, key]))
    },
    typeof value === 'object' && value !== null ? 1 : 0,
  )
}

test('finds in any JSON text what JSON.parse finds, at every path', () => {
  const distinct = new Set<string>()
  fc.assert(
    fc.property(jsonText, (text) => {
      distinct.add(text)
      compare(text, JSON.parse(text), [])
    }),
    { numRuns: runs },
  )
  assert.ok(distinct.size > runs * 0.7, `${distinct.size} distinct texts in ${runs} runs`)
})

test('takes the white space out of any JSON text, and leaves that within texts', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      assert.equal(compactJson(text), JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: runs },
  )
  assert.equal(compactJson(' { "a b" : [ 1.0 , "\\" \\\\" , 1e5 ] } '), '{"a b":[1.0,"\\" \\\\",1e5]}')
})

test('recorded bodies lose their white space and nothing else', () => {
  for (const recorded of recordedBodies()) {
    const body = recorded.body.toString('utf8')
    const compact = compactJson(body)
    assert.doesNotMatch(compact, /\n/)
    assert.equal(JSON.stringify(JSON.parse(compact)), JSON.stringify(JSON.parse(body)))
    assert.ok(compact.length < body.length)
  }
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('measures the depth that the parsed value has', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const depth = depthOf(JSON.parse(text))
      assert.equal(nestsDeeperThan(text, depth), false)
      if (depth > 0) assert.equal(nestsDeeperThan(text, depth - 1), true)
    }),
    { numRuns: runs },
  )
})

test('of duplicate keys the last counts; the slicer gives all of them, in the order of the text', () => {
  const text = '{"a":1,"10":2,"\\u0061":[3],"2":4}'
  assert.deepEqual(
    childSpans(text, 0).map(({ key, start, end }) => [key, text.slice(start, end)]),
    [
      ['a', '1'],
      ['10', '2'],
      ['a', '[3]'],
      ['2', '4'],
    ],
  )
  assert.deepEqual(spanAt(text, ['a', '0']), { start: text.indexOf('3'), end: text.indexOf('3') + 1 })
})

test('quotes, backslashes and brackets inside texts mislead nobody', () => {
  const text = '{"k\\"]}":"\\\\","b":["]}\\"",{}]}'
  assert.deepEqual(
    childSpans(text, 0).map(({ key, start, end }) => [key, text.slice(start, end)]),
    [
      ['k"]}', '"\\\\"'],
      ['b', '["]}\\"",{}]'],
    ],
  )
})

test('a value of neither kind has no children', () => {
  for (const text of ['1', '"[1]"', 'null', '[]', '{}', ' { } ']) assert.deepEqual(childSpans(text, 0), [])
})

test('ends on texts that are no JSON, whatever they are', () => {
  for (const text of [
    '',
    '{',
    '{"',
    '{"a',
    '{"a"',
    '{"a":',
    '[',
    '[1',
    '["',
    '"\\',
    '[1,',
    '{"a":1,',
    ']',
    '}',
  ]) {
    assert.ok(childSpans(text, 0).length <= 1)
    assert.equal(nestsDeeperThan(text, 1), false)
  }
})
