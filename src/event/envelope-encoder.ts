import { RelayError } from '../errors.ts'
import type { ByteCount, Descriptor, Event, Platform, Target } from './event.ts'
import { compareBytes, goString } from './go-string.ts'
import type { Profile } from './profile.ts'

/*
 * Straight string building, member by member: this runs once per event on the way in, as the proof that the typed
 * fields give the body back. `JSON.stringify` would need the objects rebuilt in the right order, would move
 * integer-like keys to the front, and would still leave the escaping to do.
 */

/** What tells the profiles apart. */
interface Style {
  /** Descriptors are the ones of the OCI image specification: other order, first three members always there. */
  readonly oci: boolean
  /** `rename`, `user_type`, `user` and `meta` exist. */
  readonly gitlab: boolean
  /** `\b` and `\f` instead of `\u0008` and `\u000c`. */
  readonly shortControls: boolean
}

const styles: Readonly<Record<Profile, Style>> = {
  'distribution-2': { oci: false, gitlab: false, shortControls: false },
  'distribution-2-go1.22': { oci: false, gitlab: false, shortControls: true },
  'distribution-3': { oci: true, gitlab: false, shortControls: true },
  gitlab: { oci: false, gitlab: true, shortControls: true },
}

// The deepest line is a feature of a platform inside a reference, at level eight.
const newLine = Array.from({ length: 9 }, (_, depth) => `\n${'   '.repeat(depth)}`)

/** Comma, line break, indent, key, colon: made once per place, because an event has some thirty of them. */
function label(depth: number, key: string): string {
  return `,${newLine[depth]}"${key}": `
}

const eventLabel = {
  id: label(3, 'id'),
  timestamp: label(3, 'timestamp'),
  action: label(3, 'action'),
  target: label(3, 'target'),
  request: label(3, 'request'),
  actor: label(3, 'actor'),
  source: label(3, 'source'),
  meta: label(3, 'meta'),
}

const memberLabel = {
  length: label(4, 'length'),
  repository: label(4, 'repository'),
  fromRepository: label(4, 'fromRepository'),
  url: label(4, 'url'),
  tag: label(4, 'tag'),
  references: label(4, 'references'),
  rename: label(4, 'rename'),
  id: label(4, 'id'),
  addr: label(4, 'addr'),
  host: label(4, 'host'),
  method: label(4, 'method'),
  useragent: label(4, 'useragent'),
  name: label(4, 'name'),
  userType: label(4, 'user_type'),
  user: label(4, 'user'),
  instanceID: label(4, 'instanceID'),
  renameType: label(5, 'type'),
  renameFrom: label(5, 'from'),
  renameTo: label(5, 'to'),
}

// A descriptor stands at two depths: as the target itself, and as each of its references.
function descriptorLabels(depth: number) {
  return {
    depth,
    mediaType: label(depth, 'mediaType'),
    digest: label(depth, 'digest'),
    size: label(depth, 'size'),
    urls: label(depth, 'urls'),
    annotations: label(depth, 'annotations'),
    data: label(depth, 'data'),
    platform: label(depth, 'platform'),
    artifactType: label(depth, 'artifactType'),
    architecture: label(depth + 1, 'architecture'),
    os: label(depth + 1, 'os'),
    osVersion: label(depth + 1, 'os.version'),
    osFeatures: label(depth + 1, 'os.features'),
    variant: label(depth + 1, 'variant'),
  }
}

type DescriptorLabels = ReturnType<typeof descriptorLabels>

const ofTarget = descriptorLabels(4)
const ofReference = descriptorLabels(6)

/**
 * The body that a registry of `profile` sends for `events`: what Go's `json.MarshalIndent` writes, byte for byte. `{}`
 * for no events. Members that the profile's Go types lack are left out; a timestamp is written exactly as held.
 *
 * @throws RelayError EVENT_INVALID for a byte count that is not a 64-bit integer.
 */
export function encodeEnvelope(events: readonly Event[], profile: Profile): string {
  const [first, ...others] = events
  if (first === undefined) return '{}'
  const style = styles[profile]
  let text = `{\n   "events": [\n      ${eventText(first, style)}`
  for (const event of others) text += `,\n      ${eventText(event, style)}`
  return `${text}\n   ]\n}`
}

function eventText(event: Event, style: Style): string {
  const { id, timestamp, action, meta } = event
  let members = ''
  if (id) members += eventLabel.id + goString(id, style.shortControls)
  // Go's omitempty does nothing for structs, and a time is one: timestamp and the four objects are always written.
  members += eventLabel.timestamp + goString(timestamp ?? '0001-01-01T00:00:00Z', style.shortControls)
  if (action) members += eventLabel.action + goString(action, style.shortControls)
  members += eventLabel.target + targetText(event.target ?? {}, style)
  members += eventLabel.request + requestText(event, style)
  members += eventLabel.actor + actorText(event, style)
  members += eventLabel.source + sourceText(event, style)
  // The values are text already, in the layout they came in; that keeps GitLab's own order inside `blob`.
  if (style.gitlab && meta !== undefined && meta.size > 0) {
    members += eventLabel.meta + mapText(meta, 3, style, (json) => json)
  }
  return objectText(members, 2)
}

// The descriptor is embedded in the Go type, so its members come first.
function targetText(target: Target, style: Style): string {
  const { rename, length, repository, fromRepository, url, tag, references } = target
  let members = descriptorMembers(target, ofTarget, style)
  if (style.gitlab && rename !== undefined) members += memberLabel.rename + renameText(rename, style)
  // `length` keeps omitempty in Distribution 3 too: an empty blob there has `size: 0` and no `length`.
  if (counts(length)) members += memberLabel.length + countText(length)
  if (repository) members += memberLabel.repository + goString(repository, style.shortControls)
  if (fromRepository) members += memberLabel.fromRepository + goString(fromRepository, style.shortControls)
  if (url) members += memberLabel.url + goString(url, style.shortControls)
  if (tag) members += memberLabel.tag + goString(tag, style.shortControls)
  if (references !== undefined && references.length > 0) {
    members += memberLabel.references
    let opening = '['
    for (const reference of references) {
      members += opening + newLine[5] + objectText(descriptorMembers(reference, ofReference, style), 5)
      opening = ','
    }
    members += `${newLine[4]}]`
  }
  return objectText(members, 3)
}

function descriptorMembers(descriptor: Descriptor, labels: DescriptorLabels, style: Style): string {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor
  let members = ''
  if (style.oci) {
    members += labels.mediaType + goString(mediaType ?? '', style.shortControls)
    members += labels.digest + goString(digest ?? '', style.shortControls)
    members += labels.size + countText(size ?? 0)
  } else {
    if (mediaType) members += labels.mediaType + goString(mediaType, style.shortControls)
    if (counts(size)) members += labels.size + countText(size)
    if (digest) members += labels.digest + goString(digest, style.shortControls)
  }
  if (urls !== undefined && urls.length > 0) members += labels.urls + listText(urls, labels.depth, style)
  if (annotations !== undefined && annotations.size > 0) {
    members +=
      labels.annotations +
      mapText(annotations, labels.depth, style, (value) => goString(value, style.shortControls))
  }
  if (style.oci && data) members += labels.data + goString(data, style.shortControls)
  if (platform !== undefined) members += labels.platform + platformText(platform, labels, style)
  if (style.oci && artifactType) members += labels.artifactType + goString(artifactType, style.shortControls)
  return members
}

// `features` is in the model for other tools; no Go type behind a profile has it.
function platformText(platform: Platform, labels: DescriptorLabels, style: Style): string {
  const { architecture, os, osVersion, osFeatures, variant } = platform
  let members = labels.architecture + goString(architecture ?? '', style.shortControls)
  members += labels.os + goString(os ?? '', style.shortControls)
  if (osVersion) members += labels.osVersion + goString(osVersion, style.shortControls)
  if (osFeatures !== undefined && osFeatures.length > 0) {
    members += labels.osFeatures + listText(osFeatures, labels.depth + 1, style)
  }
  if (variant) members += labels.variant + goString(variant, style.shortControls)
  return objectText(members, labels.depth)
}

function renameText({ type, from, to }: NonNullable<Target['rename']>, style: Style): string {
  let members = ''
  if (type) members += memberLabel.renameType + goString(type, style.shortControls)
  if (from) members += memberLabel.renameFrom + goString(from, style.shortControls)
  if (to) members += memberLabel.renameTo + goString(to, style.shortControls)
  return objectText(members, 4)
}

// The odd one out: `id`, `method` and `useragent` have no omitempty.
function requestText({ request }: Event, style: Style): string {
  let members = memberLabel.id + goString(request?.id ?? '', style.shortControls)
  if (request?.addr) members += memberLabel.addr + goString(request.addr, style.shortControls)
  if (request?.host) members += memberLabel.host + goString(request.host, style.shortControls)
  members += memberLabel.method + goString(request?.method ?? '', style.shortControls)
  members += memberLabel.useragent + goString(request?.useragent ?? '', style.shortControls)
  return objectText(members, 3)
}

function actorText({ actor }: Event, style: Style): string {
  let members = ''
  if (actor?.name) members += memberLabel.name + goString(actor.name, style.shortControls)
  if (style.gitlab && actor?.userType) {
    members += memberLabel.userType + goString(actor.userType, style.shortControls)
  }
  if (style.gitlab && actor?.user) members += memberLabel.user + goString(actor.user, style.shortControls)
  return objectText(members, 3)
}

function sourceText({ source }: Event, style: Style): string {
  let members = ''
  if (source?.addr) members += memberLabel.addr + goString(source.addr, style.shortControls)
  if (source?.instanceID) members += memberLabel.instanceID + goString(source.instanceID, style.shortControls)
  return objectText(members, 3)
}

/** `members` begin with a comma each; the first one goes. `depth` is where the closing brace stands. */
function objectText(members: string, depth: number): string {
  return members === '' ? '{}' : `{${members.slice(1)}${newLine[depth]}}`
}

function listText(items: readonly string[], depth: number, style: Style): string {
  const separator = `,${newLine[depth + 1]}`
  let text = ''
  for (const item of items) text += separator + goString(item, style.shortControls)
  return `[${text.slice(1)}${newLine[depth]}]`
}

function mapText(
  map: ReadonlyMap<string, string>,
  depth: number,
  style: Style,
  valueText: (value: string) => string,
): string {
  const separator = `,${newLine[depth + 1]}`
  let text = ''
  // Sorted here and not on the way in: JSON.parse puts integer-like keys first, whatever their order was.
  for (const [key, value] of [...map].sort(([a], [b]) => compareBytes(a, b))) {
    text += `${separator}${goString(key, style.shortControls)}: ${valueText(value)}`
  }
  return `{${text.slice(1)}${newLine[depth]}}`
}

// Not by truth: NaN would pass for a zero that is left out.
function counts(count: ByteCount | undefined): count is ByteCount {
  return count !== undefined && count !== 0 && count !== 0n
}

function countText(count: ByteCount): string {
  const fits = typeof count === 'bigint' ? BigInt.asIntN(64, count) === count : Number.isSafeInteger(count)
  if (fits) return String(count)
  throw new RelayError('EVENT_INVALID', `size and length are 64-bit integers, not ${count}`)
}
