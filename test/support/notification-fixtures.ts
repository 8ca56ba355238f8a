import { readFileSync } from 'node:fs'
import type { Profile } from '../../src/event/profile.ts'

const folder = new URL('../fixtures/notifications/', import.meta.url)

/** One request of a registry, as its endpoint received it; see the README beside the files. */
export interface RecordedRequest {
  readonly set: CaptureSet
  readonly scenario: string
  /** Number and action, `0042-push`. The numbers of a set are in the order received, but for 2.8.2 only within a scenario. */
  readonly file: string
  /** `none` for a redirect followed with GET: such a request has no body. */
  readonly action: string
  readonly method: string
  readonly path: string
  /** The registry's own type first; a second one where the endpoint was configured with it. */
  readonly contentTypes: readonly string[]
  /** Other header lines worth keeping: `User-Agent` and the configured ones. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** A request with a body: one Envelope with one event. */
export interface RecordedBody {
  readonly set: CaptureSet
  readonly scenario: string
  readonly file: string
  readonly action: string
  readonly body: Buffer
  readonly contentType: string
}

export const captureSets = ['distribution-2.8.2', 'distribution-3.1.1', 'gitlab-4.32.0'] as const
export type CaptureSet = (typeof captureSets)[number]

/** Every request of the captures, the ones without a body included. */
export function recordedRequests(): readonly RecordedRequest[] {
  return captureSets.flatMap((set) =>
    lines<Omit<RecordedRequest, 'set' | 'body'> & { readonly body: string }>(set).map((line) => ({
      ...line,
      set,
      body: Buffer.from(line.body),
    })),
  )
}

/** Every body of the captures: three registries, in the order received. */
export function recordedBodies(): readonly RecordedBody[] {
  return recordedRequests()
    .filter(({ body }) => body.length > 0)
    .map(({ set, scenario, file, action, body, contentTypes }) => {
      const [contentType] = contentTypes
      if (contentType === undefined) throw new Error(`${set}/${scenario}/${file} has no Content-Type`)
      return { set, scenario, file, action, body, contentType }
    })
}

/** Sets made by the encoders of the registries, and the profile that each belongs to. */
export const goldenSets = {
  'distribution-2.8.3': 'distribution-2',
  'distribution-3.1.1': 'distribution-3',
  'gitlab-4.32.0': 'gitlab',
} as const satisfies Record<string, Profile>
export type GoldenSet = keyof typeof goldenSets

/** An Envelope of any number of events. */
export interface GoldenBody {
  readonly set: GoldenSet
  readonly profile: Profile
  readonly case: string
  readonly description: string
  /** Whether Go itself gets the same bytes by decoding and encoding again. */
  readonly goReencodes: 'same' | 'differs'
  readonly body: Buffer
}

export function goldenBodies(): readonly GoldenBody[] {
  return goldenSetNames().flatMap((set) =>
    lines<Omit<GoldenBody, 'set' | 'profile' | 'body'> & { readonly body: string }>(`golden-${set}`).map(
      (line) => ({ ...line, set, profile: goldenSets[set], body: Buffer.from(line.body) }),
    ),
  )
}

/** What Go does with an input: refuse it, or decode and encode it again, which may fail too. */
export type GoResult =
  | { readonly error: string }
  | { readonly reencoded: string }
  | { readonly marshalError: string }

export interface DecodeCase {
  readonly label: string
  readonly input: Buffer
  readonly results: Readonly<Partial<Record<GoldenSet, GoResult>>>
}

export function decodeCases(): readonly DecodeCase[] {
  return lines<{ label: string; input: string; results: DecodeCase['results'] }>('decode-cases').map(
    (line) => ({ ...line, input: Buffer.from(line.input, 'base64') }),
  )
}

export function goldenSetNames(): readonly GoldenSet[] {
  return Object.keys(goldenSets) as GoldenSet[]
}

function lines<T>(name: string): T[] {
  const text = readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
