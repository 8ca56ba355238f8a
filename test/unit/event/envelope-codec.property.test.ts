import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Descriptor, Event, Platform, Rename } from '../../../src/event/event.ts'
import { goJson, type MetaValue } from '../../../src/event/go-json.ts'
import { childSpans } from '../../../src/event/json-scanner.ts'
import {
  candidateProfiles,
  familyOf,
  mediaTypeOf,
  type Profile,
  profiles,
} from '../../../src/event/profile.ts'
import { arbitraryEvent } from '../../support/arbitrary-event.ts'

const runs = 400

const timestamp = fc
  .tuple(
    fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }),
    fc.integer({ min: 1, max: 999_999_999 }),
    fc.constantFrom('Z', '+05:30', '-03:30', '+14:00', '-12:00'),
  )
  .map(([date, nanos, zone]) => {
    const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '')
    return `${date.toISOString().slice(0, 19)}.${fraction}${zone}`
  })

/** Canonical: no bits are set beyond the last byte. */
const base64 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'))

/** As Go decodes it: every object a sorted map. */
const metaValue: fc.Arbitrary<MetaValue> = fc.jsonValue().map(asMap)

function asMap(value: unknown): MetaValue {
  if (Array.isArray(value)) return value.map(asMap)
  if (typeof value !== 'object' || value === null) return value as MetaValue
  return new Map(Object.entries(value).map(([key, member]) => [key, asMap(member)]))
}

/** Events that a Go program could hold: timestamps that are such, base64 that is such, `meta` in Go's layout. */
const goEvent: fc.Arbitrary<Event> = fc
  .tuple(arbitraryEvent, timestamp, base64, fc.array(fc.tuple(fc.string(), metaValue), { maxLength: 3 }))
  .map(([event, time, data, meta]) => ({
    ...event,
    ...(event.timestamp === undefined ? {} : { timestamp: time }),
    ...(event.meta === undefined ? {} : { meta: new Map(meta.map(([key, value]) => [key, goJson(value)])) }),
    ...(event.target === undefined
      ? {}
      : {
          target: {
            ...event.target,
            ...(event.target.data === undefined ? {} : { data }),
            ...(event.target.references === undefined
              ? {}
              : {
                  references: event.target.references.map((reference) =>
                    'data' in reference ? { ...reference, data } : reference,
                  ),
                }),
          },
        }),
  }))

const empty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0) ||
  (value instanceof Map && value.size === 0)

function pick<T extends object>(
  from: T | undefined,
  names: readonly (keyof T)[],
  always: Partial<T> = {},
): T {
  const kept: Partial<T> = { ...always }
  for (const name of names) if (!empty(from?.[name])) kept[name] = from?.[name] as T[keyof T]
  return kept as T
}

/** What is left of an event after a profile has written it, made without the encoder. */
function normalise(event: Event, profile: Profile): Event {
  const family = familyOf(profile)
  const oci = family === 'distribution-3'
  const gitlab = family === 'gitlab'
  const platform = (from: Platform) =>
    pick(from, ['architecture', 'os', 'osVersion', 'osFeatures', 'variant'], { architecture: '', os: '' })
  const descriptor = (from: Descriptor = {}) => ({
    ...pick(
      from,
      ['mediaType', 'digest', 'size', 'urls', 'annotations'],
      oci ? { mediaType: '', digest: '', size: 0 } : {},
    ),
    ...(oci ? pick(from, ['data', 'artifactType']) : {}),
    ...(from.platform === undefined ? {} : { platform: platform(from.platform) }),
  })
  const { target, meta } = event
  return {
    ...pick(event, ['id', 'timestamp', 'action'], { timestamp: '0001-01-01T00:00:00Z' }),
    target: {
      ...descriptor(target),
      ...pick(target, ['length', 'repository', 'fromRepository', 'url', 'tag']),
      ...(gitlab && target?.rename !== undefined
        ? { rename: pick<Rename>(target.rename, ['type', 'from', 'to']) }
        : {}),
      ...(empty(target?.references) ? {} : { references: target?.references?.map(descriptor) ?? [] }),
    },
    request: pick(event.request, ['id', 'addr', 'host', 'method', 'useragent'], {
      id: '',
      method: '',
      useragent: '',
    }),
    actor: pick(event.actor, gitlab ? ['name', 'userType', 'user'] : ['name']),
    source: pick(event.source, ['addr', 'instanceID']),
    ...(gitlab && meta !== undefined && meta.size > 0 ? { meta } : {}),
  }
}

const profile = fc.constantFrom(...profiles)

/** Runs the property and fails when the inputs were far fewer than the runs: such a fuzz test tests nothing. */
function holds(check: (event: Event, profile: Profile, text: string) => void): void {
  const distinct = new Set<string>()
  fc.assert(
    fc.property(goEvent, profile, (event, chosen) => {
      const text = encodeEnvelope([event], chosen)
      distinct.add(text)
      check(event, chosen, text)
    }),
    { numRuns: runs },
  )
  assert.ok(distinct.size > runs * 0.8, `${distinct.size} distinct Envelopes in ${runs} runs`)
}

test('strict decoding of what was encoded gives the event as the profile keeps it', () => {
  holds((event, chosen, text) => {
    assert.deepEqual(decodeEnvelope(text, chosen).events, [normalise(event, chosen)])
    assert.equal(encodeEnvelope(decodeEnvelope(Buffer.from(text), chosen).events, chosen), text)
  })
})

test('lenient reading of what was encoded gives the same, and a candidate profile that re-emits it', () => {
  holds((event, chosen, text) => {
    const [received] = readEnvelope(Buffer.from(text)).events
    assert.deepEqual(received, {
      event: normalise(event, chosen),
      envelopeText: text,
      problems: [],
      index: 0,
    })
    const candidates = candidateProfiles(mediaTypeOf(chosen), received?.event ?? {})
    assert.ok(candidates.some((candidate) => encodeEnvelope([received?.event ?? {}], candidate) === text))
    assert.ok(
      candidateProfiles(undefined, received?.event ?? {}).some(
        (candidate) => encodeEnvelope([received?.event ?? {}], candidate) === text,
      ),
    )
  })
})

test('several events are split into the Envelopes that each alone would have', () => {
  fc.assert(
    fc.property(fc.array(goEvent, { minLength: 2, maxLength: 4 }), profile, (events, chosen) => {
      const received = readEnvelope(Buffer.from(encodeEnvelope(events, chosen))).events
      assert.deepEqual(
        received.map(({ envelopeText }) => envelopeText),
        events.map((event) => encodeEnvelope([event], chosen)),
      )
      assert.deepEqual(
        received.map(({ event }) => event),
        events.map((event) => normalise(event, chosen)),
      )
    }),
    { numRuns: 100 },
  )
})

/** The same JSON with the members of every object in reverse, compact. */
function reversed(text: string, start = 0): string {
  const opening = text.trimStart()[0]
  const children = childSpans(text, start).map(({ key, start: from, end }) => ({
    key,
    text: reversed(text.slice(from, end)),
  }))
  if (opening === '[') return `[${children.map((child) => child.text).join(',')}]`
  if (opening !== '{') return text
  return `{${children
    .map((child) => `${JSON.stringify(child.key)}:${child.text}`)
    .reverse()
    .join(',')}}`
}

test('the order of the members in the text makes no difference', () => {
  holds((_event, chosen, text) => {
    assert.equal(encodeEnvelope(decodeEnvelope(reversed(text), chosen).events, chosen), text)
  })
})

test('every Envelope is JSON that other parsers read the same', () => {
  holds((event, chosen, text) => {
    const parsed = JSON.parse(text).events[0]
    const expected = normalise(event, chosen)
    assert.equal(parsed.id, expected.id)
    assert.equal(parsed.request.useragent, expected.request?.useragent)
    assert.equal(parsed.target.repository, expected.target?.repository)
    assert.deepEqual(
      Object.entries(parsed.target.annotations ?? {}).toSorted(),
      [...(expected.target?.annotations ?? [])].toSorted(),
    )
  })
})
