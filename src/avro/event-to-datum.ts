import type {
  ActorRecord,
  Descriptor,
  Platform,
  Rename,
  RequestRecord,
  SourceRecord,
  Target,
} from '../event/event.ts'
import type * as datum from './event-datum.ts'
import { instantOf } from './instant.ts'
import type { IngestRecord, StoredEvent } from './stored-event.ts'

/**
 * A stored event in the shape of the schema: straight code, because it runs for every event; it follows the `json`
 * attributes of the schema, and a test goes through all of them.
 *
 * Values of a wrong type (from a program without types) are passed on as they are: avsc refuses them, and the error
 * can say where they were.
 */
export function datumOf(stored: StoredEvent): datum.EventDatum {
  const event = stored.event
  const instant = typeof event.timestamp === 'string' ? instantOf(event.timestamp) : undefined
  return {
    id: text(event.id),
    occurred_at_text: text(event.timestamp),
    occurred_at: instant === undefined ? null : instant.millis,
    occurred_at_sub_ms_ns: instant === undefined ? null : instant.subMsNs,
    action: text(event.action),
    target: optional(event.target, targetOf),
    request: optional(event.request, requestOf),
    actor: optional(event.actor, actorOf),
    source: optional(event.source, sourceOf),
    meta: textMap(event.meta),
    raw_envelope: text(stored.rawEnvelope),
    redactions: list(stored.redactions, text),
    ingest: optional(stored.ingest, ingestOf),
  }
}

function targetOf(target: Target): datum.TargetDatum {
  return {
    media_type: text(target.mediaType),
    digest: text(target.digest),
    size: target.size ?? null,
    length: target.length ?? null,
    repository: text(target.repository),
    from_repository: text(target.fromRepository),
    url: text(target.url),
    tag: text(target.tag),
    artifact_type: text(target.artifactType),
    urls: list(target.urls, text),
    annotations: textMap(target.annotations),
    data_base64: text(target.data),
    platform: optional(target.platform, platformOf),
    refs: list(target.references, descriptorOf),
    repository_rename: optional(target.rename, renameOf),
  }
}

function descriptorOf(descriptor: Descriptor): datum.DescriptorDatum {
  return {
    media_type: text(descriptor.mediaType),
    digest: text(descriptor.digest),
    size: descriptor.size ?? null,
    artifact_type: text(descriptor.artifactType),
    urls: list(descriptor.urls, text),
    annotations: textMap(descriptor.annotations),
    data_base64: text(descriptor.data),
    platform: optional(descriptor.platform, platformOf),
  }
}

function platformOf(platform: Platform): datum.PlatformDatum {
  return {
    architecture: text(platform.architecture),
    os: text(platform.os),
    os_version: text(platform.osVersion),
    os_features: list(platform.osFeatures, text),
    variant: text(platform.variant),
    features: list(platform.features, text),
  }
}

function renameOf(rename: Rename): datum.RenameDatum {
  return { kind: text(rename.type), from_path: text(rename.from), to_path: text(rename.to) }
}

function requestOf(request: RequestRecord): datum.RequestDatum {
  return {
    id: text(request.id),
    addr: text(request.addr),
    host: text(request.host),
    http_method: text(request.method),
    user_agent: text(request.useragent),
  }
}

function actorOf(actor: ActorRecord): datum.ActorDatum {
  return { name: text(actor.name), user_type: text(actor.userType), user_token: text(actor.user) }
}

function sourceOf(source: SourceRecord): datum.SourceDatum {
  return { addr: text(source.addr), instance_id: text(source.instanceID) }
}

function ingestOf(ingest: IngestRecord): datum.IngestDatum {
  return {
    received_at: ingest.receivedAt ?? null,
    publisher_id: text(ingest.publisherId),
    envelope_id: text(ingest.envelopeId),
    envelope_index: ingest.envelopeIndex ?? null,
    envelope_count: ingest.envelopeCount ?? null,
    content_type: text(ingest.contentType),
    profile: text(ingest.profile),
  }
}

/**
 * A lone surrogate has no UTF-8. avsc would write three bytes of its own for it in texts up to 64 bytes, and readers
 * in other languages stop at such a record; U+FFFD is what everybody can read. (The proof sees the difference.)
 */
function text(value: string | undefined): string | null {
  return typeof value === 'string' ? value.toWellFormed() : (value ?? null)
}

function optional<From extends object, To>(value: From | undefined, map: (value: From) => To): To | null {
  return typeof value === 'object' && value !== null ? map(value) : ((value ?? null) as To | null)
}

function list<From, To>(value: readonly From[] | undefined, map: (value: From) => To | null): To[] | null {
  // The schema has no null inside a list; one that is there is refused by avsc, with its place.
  return Array.isArray(value) ? (value.map((item) => map(item)) as To[]) : ((value ?? null) as To[] | null)
}

/** Without a prototype: in an ordinary object the key `__proto__` would be lost here already, for every reader. */
function textMap(value: ReadonlyMap<string, string> | undefined): datum.TextMapDatum | null {
  if (!(value instanceof Map)) return (value ?? null) as datum.TextMapDatum | null
  const object: Record<string, string> = Object.create(null)
  for (const [key, item] of value) object[key.toWellFormed()] = text(item) as string
  return object
}
