import { createHash } from 'node:crypto'
import type { Random } from '../../src/clock.ts'
import { encodeEnvelope } from '../../src/event/envelope-encoder.ts'
import type { Descriptor, Event } from '../../src/event/event.ts'
import { mediaTypeOf, type Profile } from '../../src/event/profile.ts'
import type { SentEvent } from './operation.ts'

/** An event with what is posted for it; posted again it is the same bytes. */
export interface GeneratedEvent extends SentEvent {
  readonly body: Buffer
  readonly contentType: string
}

export interface EventOrigin {
  /** Ids of two runs differ also under the same seed: a topic may outlive a run. */
  readonly run: string
  readonly sender: string
  readonly profile: Profile
  readonly repository: string
  /** Counts the events of the sender, from 0. */
  readonly number: number
}

/** As a registry of this profile writes it: about 1.2 KB, and each tenth with references as for an image index. */
export function generateEvent(origin: EventOrigin, random: Random): GeneratedEvent {
  const { sender, profile, repository } = origin
  const event = eventOf(origin, random)
  const body = Buffer.from(encodeEnvelope([event], profile))
  return {
    ...{ id: String(event.id), sender, repository, hash: envelopeHash(body) },
    ...{ body, contentType: mediaTypeOf(profile) },
  }
}

/** The event itself, for those who write events and no bytes. */
export function eventOf({ run, sender, profile, repository, number }: EventOrigin, random: Random): Event {
  const id = uuidOf(`${run}/${sender}/${number}`)
  const digest = digestOf(id)
  const size = 400 + Math.floor(random() * 4_000)
  return {
    id,
    timestamp: new Date(Date.UTC(2026, 0, 2) + number * 1_000).toISOString(),
    action: random() < 0.3 ? 'push' : 'pull',
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size,
      length: size,
      repository,
      url: `http://registry.example/v2/${repository}/manifests/${digest}`,
      tag: `v${number}`,
      ...(random() < 0.1 ? { references: Array.from({ length: 20 }, (_, i) => reference(id, i)) } : {}),
    },
    request: {
      id: uuidOf(`${id}/request`),
      addr: '192.0.2.7:40312',
      host: 'registry.example',
      method: 'PUT',
      useragent: 'containers/5.34.2 (github.com/containers/image)',
    },
    actor: { name: sender },
    source: { addr: `${sender}:5000`, instanceID: uuidOf(`${run}/${sender}`) },
    ...(profile === 'gitlab' ? { meta: new Map([['number', String(number)]]) } : {}),
  }
}

export function envelopeHash(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}

function reference(id: string, index: number): Descriptor {
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(`${id}/${index}`),
    size: 1_000 + index,
  }
}

function digestOf(text: string): string {
  return `sha256:${envelopeHash(text)}`
}

function uuidOf(text: string): string {
  const hex = envelopeHash(text)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
