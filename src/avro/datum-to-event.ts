import type { Descriptor, Event, Platform, Target } from '../event/event.ts'
import type * as datum from './event-datum.ts'
import type { IngestRecord, StoredEvent } from './stored-event.ts'

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** The way back from {@link datumOf}: null becomes an absent member, nothing else changes. */
export function storedEventOf(datum: datum.EventDatum): StoredEvent {
  const stored: Mutable<StoredEvent> = { event: eventOf(datum) }
  if (datum.raw_envelope !== null) stored.rawEnvelope = datum.raw_envelope
  if (datum.redactions !== null) stored.redactions = datum.redactions
  if (datum.ingest !== null) stored.ingest = ingestOf(datum.ingest)
  return stored
}

/** `occurred_at` and what lies below its milliseconds are derived from the text, so they are not read. */
function eventOf(datum: datum.EventDatum): Event {
  const event: Mutable<Event> = {}
  if (datum.id !== null) event.id = datum.id
  if (datum.occurred_at_text !== null) event.timestamp = datum.occurred_at_text
  if (datum.action !== null) event.action = datum.action
  if (datum.target !== null) event.target = targetOf(datum.target)
  if (datum.request !== null) event.request = requestOf(datum.request)
  if (datum.actor !== null) event.actor = actorOf(datum.actor)
  if (datum.source !== null) event.source = sourceOf(datum.source)
  if (datum.meta !== null) event.meta = textMap(datum.meta)
  return event
}

function targetOf(datum: datum.TargetDatum): Target {
  const target: Mutable<Target> = descriptorOf(datum)
  if (datum.length !== null) target.length = datum.length
  if (datum.repository !== null) target.repository = datum.repository
  if (datum.from_repository !== null) target.fromRepository = datum.from_repository
  if (datum.url !== null) target.url = datum.url
  if (datum.tag !== null) target.tag = datum.tag
  if (datum.refs !== null) target.references = datum.refs.map(descriptorOf)
  if (datum.repository_rename !== null) target.rename = renameOf(datum.repository_rename)
  return target
}

function descriptorOf(datum: datum.DescriptorDatum): Mutable<Descriptor> {
  const descriptor: Mutable<Descriptor> = {}
  if (datum.media_type !== null) descriptor.mediaType = datum.media_type
  if (datum.digest !== null) descriptor.digest = datum.digest
  if (datum.size !== null) descriptor.size = datum.size
  if (datum.artifact_type !== null) descriptor.artifactType = datum.artifact_type
  if (datum.urls !== null) descriptor.urls = datum.urls
  if (datum.annotations !== null) descriptor.annotations = textMap(datum.annotations)
  if (datum.data_base64 !== null) descriptor.data = datum.data_base64
  if (datum.platform !== null) descriptor.platform = platformOf(datum.platform)
  return descriptor
}

function platformOf(datum: datum.PlatformDatum): Platform {
  const platform: Mutable<Platform> = {}
  if (datum.architecture !== null) platform.architecture = datum.architecture
  if (datum.os !== null) platform.os = datum.os
  if (datum.os_version !== null) platform.osVersion = datum.os_version
  if (datum.os_features !== null) platform.osFeatures = datum.os_features
  if (datum.variant !== null) platform.variant = datum.variant
  if (datum.features !== null) platform.features = datum.features
  return platform
}

function renameOf(datum: datum.RenameDatum): NonNullable<Target['rename']> {
  const rename: Mutable<NonNullable<Target['rename']>> = {}
  if (datum.kind !== null) rename.type = datum.kind
  if (datum.from_path !== null) rename.from = datum.from_path
  if (datum.to_path !== null) rename.to = datum.to_path
  return rename
}

function requestOf(datum: datum.RequestDatum): NonNullable<Event['request']> {
  const request: Mutable<NonNullable<Event['request']>> = {}
  if (datum.id !== null) request.id = datum.id
  if (datum.addr !== null) request.addr = datum.addr
  if (datum.host !== null) request.host = datum.host
  if (datum.http_method !== null) request.method = datum.http_method
  if (datum.user_agent !== null) request.useragent = datum.user_agent
  return request
}

function actorOf(datum: datum.ActorDatum): NonNullable<Event['actor']> {
  const actor: Mutable<NonNullable<Event['actor']>> = {}
  if (datum.name !== null) actor.name = datum.name
  if (datum.user_type !== null) actor.userType = datum.user_type
  if (datum.user_token !== null) actor.user = datum.user_token
  return actor
}

function sourceOf(datum: datum.SourceDatum): NonNullable<Event['source']> {
  const source: Mutable<NonNullable<Event['source']>> = {}
  if (datum.addr !== null) source.addr = datum.addr
  if (datum.instance_id !== null) source.instanceID = datum.instance_id
  return source
}

function ingestOf(datum: datum.IngestDatum): IngestRecord {
  const ingest: Mutable<IngestRecord> = {}
  if (datum.received_at !== null) ingest.receivedAt = Number(datum.received_at)
  if (datum.publisher_id !== null) ingest.publisherId = datum.publisher_id
  if (datum.envelope_id !== null) ingest.envelopeId = datum.envelope_id
  if (datum.envelope_index !== null) ingest.envelopeIndex = datum.envelope_index
  if (datum.envelope_count !== null) ingest.envelopeCount = datum.envelope_count
  if (datum.content_type !== null) ingest.contentType = datum.content_type
  if (datum.profile !== null) ingest.profile = datum.profile
  return ingest
}

function textMap(object: datum.TextMapDatum): ReadonlyMap<string, string> {
  return new Map(Object.entries(object))
}
