/**
 * The notifications model: what a registry tells about one thing that happened.
 *
 * A member that is absent in the JSON is absent here; empty text, zero and empty lists are kept as such, because
 * Distribution 3 writes them where Distribution 2 leaves them out, and the Envelope must come back as it was.
 */
export interface Event {
  /** Identifies the event over all retries and endpoints; a UUID from every known registry. */
  readonly id?: string
  /** Exact text: RFC 3339 with up to nine fraction digits and the zone of the registry. */
  readonly timestamp?: string
  /** `push`, `pull`, `mount`, `delete`, `rename`; an open set. */
  readonly action?: string
  readonly target?: Target
  readonly request?: RequestRecord
  readonly actor?: ActorRecord
  readonly source?: SourceRecord
  /** GitLab: free-form metadata, key to the JSON text of its value exactly as in the body. */
  readonly meta?: ReadonlyMap<string, string>
}

/** Bytes. A `bigint` only beyond 2^53 - 1, where a number would lose digits. */
export type ByteCount = number | bigint

/** Content descriptor: of a target, or of a reference inside a manifest. */
export interface Descriptor {
  readonly mediaType?: string
  readonly digest?: string
  readonly size?: ByteCount
  readonly urls?: readonly string[]
  readonly annotations?: ReadonlyMap<string, string>
  /** Embedded content as base64 text (Distribution 3). */
  readonly data?: string
  readonly platform?: Platform
  readonly artifactType?: string
}

export interface Platform {
  readonly architecture?: string
  readonly os?: string
  readonly osVersion?: string
  readonly osFeatures?: readonly string[]
  readonly variant?: string
  readonly features?: readonly string[]
}

export interface Target extends Descriptor {
  /** GitLab: the paths of a renamed repository. */
  readonly rename?: Rename
  /** Same number as `size`; kept by registries for old readers. */
  readonly length?: ByteCount
  /** Path of the repository; the key of the event in Kafka. */
  readonly repository?: string
  /** Set on `mount`: where the blob was mounted from. */
  readonly fromRepository?: string
  readonly url?: string
  readonly tag?: string
  /** What the manifest refers to, when the registry has `includereferences` on. */
  readonly references?: readonly Descriptor[]
}

export interface Rename {
  /** `name` or `namespace`. */
  readonly type?: RenameType
  readonly from?: string
  readonly to?: string
}

export type RenameType = 'name' | 'namespace' | (string & {})

export interface RequestRecord {
  readonly id?: string
  /** Client address, `host` or `host:port`. */
  readonly addr?: string
  readonly host?: string
  readonly method?: string
  readonly useragent?: string
}

export interface ActorRecord {
  readonly name?: string
  /** GitLab. */
  readonly userType?: string
  /** GitLab: a JWT, forwarded as the registry got it. A secret. */
  readonly user?: string
}

export interface SourceRecord {
  readonly addr?: string
  readonly instanceID?: string
}

/** One notification body. */
export interface Envelope {
  readonly events: readonly Event[]
}
