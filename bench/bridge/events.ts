import { encodeEnvelope } from '../../src/event/envelope-encoder.ts'
import type { Event } from '../../src/event/event.ts'
import { mediaTypeOf } from '../../src/event/profile.ts'

export const repositories = 200
export const contentType = mediaTypeOf('distribution-2')

const seed = 7

/**
 * So many events of 200 repositories, each with an id by which the endpoint checks the order: `repo-007#41`. Every
 * repository has about as many as any other, or the end of a run would be that of its busiest one; they are shuffled,
 * always alike.
 */
export function* eventsInOrder(
  count: number,
): Generator<Event & { readonly target: { repository: string } }> {
  const sequences = new Uint32Array(repositories)
  for (const repository of shuffled(Uint32Array.from({ length: count }, (_, n) => n % repositories))) {
    const sequence = sequences[repository] ?? 0
    sequences[repository] = sequence + 1
    yield eventOf(`repo-${String(repository).padStart(3, '0')}`, sequence)
  }
}

/** The Envelope as a Distribution 2 posts it: about 800 bytes. */
export function envelopeOf(event: Event): string {
  return encodeEnvelope([event], 'distribution-2')
}

function eventOf(repository: string, sequence: number): Event & { readonly target: { repository: string } } {
  return {
    id: `${repository}#${sequence}`,
    timestamp: '2026-05-06T07:08:09.123456789Z',
    action: 'push',
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 708,
      digest: `sha256:${'1a2b3c4d'.repeat(8)}`,
      length: 708,
      repository,
      tag: 'latest',
    },
    request: {
      id: '7b2f6b44-9f63-4b3a-8d8c-1d3a5f0e7c11',
      addr: '10.1.2.3:51324',
      host: 'registry:5000',
      method: 'PUT',
      useragent: 'containers/5.29.2 (github.com/containers/image)',
    },
    actor: { name: 'ci' },
    source: { addr: 'registry-0:5000', instanceID: '0d6b3f0e-5a57-4f0e-9a53-6f4c2f1f2b7a' },
  }
}

/** Fisher and Yates, with the generator of Park and Miller. */
function shuffled(items: Uint32Array): Uint32Array {
  let state = seed
  for (let last = items.length - 1; last > 0; last--) {
    state = (state * 48_271) % 0x7fffffff
    const other = state % (last + 1)
    const moved = items[last] ?? 0
    items[last] = items[other] ?? 0
    items[other] = moved
  }
  return items
}
