import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { profiles } from '../../../src/event/profile.ts'
import { compileRedaction, type RedactionAction, type RedactionRule } from '../../../src/event/redaction.ts'
import { arbitraryEvent } from '../../support/arbitrary-event.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const runs = 500
const hmac = { keyId: 'k', digest: (text: string): string => Buffer.from(text).toString('hex').slice(0, 4) }

const key = fc.constantFrom('actor', 'user', 'target', 'references', 'meta', '0', 'a/b', '~', '__proto__', '')
const json = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Json>('text', '192.0.2.7:80', 1, true, null),
    tie('object'),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
}))
const action = fc.constantFrom<RedactionAction>('keep', 'drop', 'mask', 'hmac', 'truncate-ip')

/** No value occurs twice, so that a value found in the result says which one has survived. */
function withCanaries(value: Json, next = { number: 1_000_000 }): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withCanaries(item, next))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withCanaries(item, next)]))
  }
  next.number += 1
  if (value === 'text') return `canary <${next.number}>"`
  return typeof value === 'number' ? next.number : value
}

function pathsOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  const below =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, item]) => pathsOf(item, [...path, name]))
      : []
  return path.length === 0 ? below : [path, ...below]
}

const pointerOf = (path: readonly string[]): string =>
  path.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

interface Case {
  readonly event: Json
  readonly rules: readonly (RedactionRule & { readonly path: readonly string[] })[]
}

/** An event of any shape, and rules of which most meet something in it, some by a star or in another case. */
const eventWithRules: fc.Arbitrary<Case> = json.object
  .map((event) => withCanaries(event))
  .chain((event) => {
    const paths = pathsOf(event)
    const path = fc
      .tuple(
        paths.length === 0 ? fc.constant(['x']) : fc.constantFrom(...paths),
        fc.infiniteStream(fc.constantFrom('same', 'same', 'star', 'upper')),
      )
      .map(([segments, how]) =>
        segments.map((segment) => {
          const { value } = how.next()
          return value === 'star' ? '*' : value === 'upper' ? segment.toUpperCase() : segment
        }),
      )
    const rule = fc
      .tuple(path, action)
      .map(([segments, what]) => ({ path: segments, pointer: pointerOf(segments), action: what }))
    return fc.record({ event: fc.constant(event), rules: fc.array(rule, { minLength: 1, maxLength: 4 }) })
  })

const gone = Symbol('gone')

/** What the rules say, done to the parsed value the plain way. */
function expected(value: Json, rules: Case['rules'], path: readonly string[] = []): Json | typeof gone {
  const rule = rules.findLast(
    ({ path: own }) =>
      own.length === path.length &&
      own.every((segment, at) => segment === '*' || segment.toLowerCase() === path[at]?.toLowerCase()),
  )
  switch (path.length === 0 ? undefined : rule?.action) {
    case 'drop':
      return gone
    case 'mask':
      return '***'
    case 'hmac':
      if (typeof value !== 'string' && typeof value !== 'number') return '***'
      return `hmac:k:${hmac.digest(String(value))}`
    case 'truncate-ip':
      return value === '192.0.2.7:80' ? '192.0.2.0' : '***'
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .map(([name, item]) => [name, expected(item, rules, [...path, name])] as const)
    .filter((member): member is readonly [string, Json] => member[1] !== gone)
  return Array.isArray(value) ? members.map(([, item]) => item) : Object.fromEntries(members)
}

function leavesOf(value: Json): string[] {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'boolean' || value === null ? [] : [String(value)]
  }
  return Object.values(value).flatMap((item: Json) => leavesOf(item))
}

function redactText(body: string, rules: readonly RedactionRule[]) {
  const [received] = readEnvelope(Buffer.from(body)).events
  assert.ok(received)
  return compileRedaction({ rules, hmac })(received)
}

test('in the layout of Go the result is what Go would print for the redacted event, byte for byte', () => {
  const outcomes = { changed: 0, same: 0 }
  fc.assert(
    fc.property(eventWithRules, ({ event, rules }) => {
      const { received, redactions } = redactText(JSON.stringify({ events: [event] }, null, 3), rules)
      const after = JSON.stringify({ events: [expected(event, rules)] }, null, 3)
      assert.equal(received.envelopeText, after)
      outcomes[redactions === undefined ? 'same' : 'changed'] += 1
    }),
    { numRuns: runs },
  )
  assert.ok(outcomes.changed > runs / 3 && outcomes.same > 10, JSON.stringify(outcomes))
})

test('in any layout the result is JSON of the redacted event', () => {
  fc.assert(
    fc.property(eventWithRules, fc.constantFrom('', ' ', '\r\n\t'), ({ event, rules }, gap) => {
      const { received } = redactText(spaced({ events: [event] }, gap), rules)
      assert.deepEqual(JSON.parse(received.envelopeText), { events: [expected(event, rules)] })
    }),
    { numRuns: runs },
  )
})

function spaced(value: Json, gap: string, copies = 1): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    return `[${gap}${value.map((item: Json) => spaced(item, gap, copies)).join(`${gap},${gap}`)}${gap}]`
  }
  const members = Object.entries(value).map(
    ([name, item]) => `${JSON.stringify(name)}${gap}:${gap}${spaced(item, gap, copies)}`,
  )
  const repeated = Array.from({ length: copies }, () => members).flat()
  return `{${gap}${repeated.join(`${gap},${gap}`)}${gap}}`
}

test('no redacted value survives anywhere, also where every member is there three times', () => {
  let checked = 0
  fc.assert(
    fc.property(eventWithRules, ({ event, rules }) => {
      const after = expected(event, rules)
      const kept = new Set(after === gone ? [] : leavesOf(after))
      const { received } = redactText(`{"events":[${spaced(event, ' ', 3)}]}`, rules)
      const seen = `${received.envelopeText}\n${inspect(received, { depth: null, maxStringLength: null })}`
      for (const leaf of leavesOf(event).filter((one) => !kept.has(one))) {
        const number = /\d{7}/.exec(leaf)?.[0] ?? leaf
        assert.ok(!seen.includes(number), `${number} is in ${seen}`)
        checked += 1
      }
    }),
    { numRuns: 200 },
  )
  assert.ok(checked > 200, `${checked} values`)
})

test('an event of any shape loses what the policy names and nothing else, under every profile', () => {
  const secret = 'canary-of-a-token'
  fc.assert(
    fc.property(arbitraryEvent, fc.constantFrom(...profiles), (given, profile) => {
      const event = {
        ...given,
        actor: { ...given.actor, name: secret },
        target: { ...given.target, urls: [secret, 'u'], annotations: new Map([['a', secret]]) },
      }
      const rules: RedactionRule[] = [
        { pointer: '/actor/name', action: 'drop' },
        { pointer: '/target/urls/*', action: 'mask' },
        { pointer: '/target/annotations/a', action: 'hmac' },
      ]
      const { received, redactions } = redactText(encodeEnvelope([event], profile), rules)
      const after = {
        ...event,
        actor: { ...event.actor, name: '' },
        target: {
          ...event.target,
          urls: ['***', '***'],
          annotations: new Map([['a', `hmac:k:${hmac.digest(secret)}`]]),
        },
      }
      assert.equal(received.envelopeText, encodeEnvelope([after], profile))
      assert.ok(!inspect(received, { depth: null }).includes(secret))
      assert.equal(redactions?.length, 3)
    }),
    { numRuns: runs },
  )
})
