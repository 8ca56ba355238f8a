import { createHash } from 'node:crypto'
import { RelayError, toError } from '../errors.ts'
import type { Descriptor } from '../event/event.ts'
import { EventReader } from '../event/event-reader.ts'
import { childSpans } from '../event/json-scanner.ts'
import { isJsonObject, type JsonObject } from '../event/json-type.ts'
import { bareMediaType } from '../event/media-types.ts'
import type { Manifest } from './repository.ts'

/** What the events of a manifest say about it. */
export interface ManifestContent {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }
  /** Image: the configuration, then the layers. List or index: its manifests. In the order of the document. */
  readonly references: readonly Descriptor[]
  /** The manifest that an OCI manifest or index says it belongs to. */
  readonly subject?: Descriptor
}

interface Kind {
  readonly holds: 'layers' | 'manifests'
  /** The Docker formats demand that the payload says its media type too; OCI leaves it open. */
  readonly namesItself: boolean
}

const kinds: Readonly<Record<string, Kind>> = {
  'application/vnd.docker.distribution.manifest.v2+json': { holds: 'layers', namesItself: true },
  'application/vnd.docker.distribution.manifest.list.v2+json': { holds: 'manifests', namesItself: true },
  'application/vnd.oci.image.manifest.v1+json': { holds: 'layers', namesItself: false },
  'application/vnd.oci.image.index.v1+json': { holds: 'manifests', namesItself: false },
}

/**
 * Digest and size of the exact bytes, and what they refer to.
 *
 * @throws RelayError EVENT_INVALID for a media type that is none of the four, and for a payload that is not of its
 * media type; nothing of the payload is in the message but names of its members.
 */
export function readManifest({ mediaType, payload }: Manifest): ManifestContent {
  const type = bareMediaType(mediaType)
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (kind === undefined) throw invalid(`media type "${mediaType.slice(0, 100)}" is not supported`)
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')
  const document = parse(text)
  checkKind(document, type, kind)

  const members = new Map(childSpans(text, 0).map(({ key, start, end }) => [key, text.slice(start, end)]))
  const children = elements(members.get(kind.holds))
  const references = readDescriptors(
    kind.holds === 'layers' ? [members.get('config') ?? '{}', ...children] : children,
  )
  const subjectText = members.get('subject') ?? 'null'
  const [subject] = readDescriptors(subjectText === 'null' ? [] : [subjectText])
  const digest = `sha256:${createHash('sha256').update(payload).digest('hex')}`
  const descriptor = { mediaType, digest, size: payload.byteLength }
  return subject === undefined ? { descriptor, references } : { descriptor, references, subject }
}

function parse(text: string): JsonObject {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    // The engine's message quotes the payload: only the position is taken from it.
    const position = /position (\d+)/.exec(toError(error).message)?.[1]
    throw invalid(`the payload is not JSON${position === undefined ? '' : ` (error at ${position})`}`)
  }
  if (!isJsonObject(document)) throw invalid('the payload is not a JSON object')
  return document
}

// A document that is an image to one reader and an index to another has two meanings under one digest. Registries
// refuse it, and so does this.
function checkKind(document: JsonObject, type: string, { holds, namesItself }: Kind): void {
  const { mediaType: own = '' } = document
  if (own !== type && (namesItself || own !== '')) {
    throw invalid(`mediaType in the payload is not "${type}"`)
  }
  const foreign = holds === 'layers' ? ['manifests'] : ['config', 'layers']
  const ambiguous = foreign.find((member) => document[member] !== undefined)
  if (ambiguous !== undefined) throw invalid(`the payload has "${ambiguous}", which "${type}" has not`)
}

/** The texts of the elements. */
function elements(text = 'null'): readonly string[] {
  if (text === 'null') return []
  if (!text.startsWith('[')) throw invalid('layers or manifests are not an array')
  return childSpans(text, 0).map(({ start, end }) => text.slice(start, end))
}

// The members of a descriptor are the same in a manifest and in an event, so the reader of events reads them: it keeps
// sizes beyond 2^53 exact, and it names what has another type.
function readDescriptors(texts: readonly string[]): readonly Descriptor[] {
  const text = `{"target":{"references":[${texts.join(',')}]}}`
  const reader = new EventReader(text, () => 0)
  const { target } = reader.read(JSON.parse(text) as JsonObject)
  const [problem] = reader.problems
  if (problem !== undefined) throw invalid(problem.replace('/target/references', 'descriptor '))
  return target?.references ?? []
}

function invalid(reason: string): RelayError {
  return new RelayError('EVENT_INVALID', `Not a manifest that events can be made of: ${reason}.`)
}
