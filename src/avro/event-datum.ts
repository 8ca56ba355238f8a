import type { ByteCount } from '../event/event.ts'

/**
 * The shape of `schemas/registry-event.v1.avsc` as avsc reads and writes it; null is "absent". The schema is the
 * authority: a test holds these names against it and against its `json` attributes.
 */
export interface EventDatum {
  readonly id: string | null
  readonly occurred_at_text: string | null
  readonly occurred_at: ByteCount | null
  readonly occurred_at_sub_ms_ns: number | null
  readonly action: string | null
  readonly target: TargetDatum | null
  readonly request: RequestDatum | null
  readonly actor: ActorDatum | null
  readonly source: SourceDatum | null
  readonly meta: TextMapDatum | null
  readonly raw_envelope: string | null
  readonly redactions: readonly string[] | null
  readonly ingest: IngestDatum | null
}

export type TextMapDatum = Readonly<Record<string, string>>

export interface DescriptorDatum {
  readonly media_type: string | null
  readonly digest: string | null
  readonly size: ByteCount | null
  readonly artifact_type: string | null
  readonly urls: readonly string[] | null
  readonly annotations: TextMapDatum | null
  readonly data_base64: string | null
  readonly platform: PlatformDatum | null
}

export interface TargetDatum extends DescriptorDatum {
  readonly length: ByteCount | null
  readonly repository: string | null
  readonly from_repository: string | null
  readonly url: string | null
  readonly tag: string | null
  readonly refs: readonly DescriptorDatum[] | null
  readonly repository_rename: RenameDatum | null
}

export interface PlatformDatum {
  readonly architecture: string | null
  readonly os: string | null
  readonly os_version: string | null
  readonly os_features: readonly string[] | null
  readonly variant: string | null
  readonly features: readonly string[] | null
}

export interface RenameDatum {
  readonly kind: string | null
  readonly from_path: string | null
  readonly to_path: string | null
}

export interface RequestDatum {
  readonly id: string | null
  readonly addr: string | null
  readonly host: string | null
  readonly http_method: string | null
  readonly user_agent: string | null
}

export interface ActorDatum {
  readonly name: string | null
  readonly user_type: string | null
  readonly user_token: string | null
}

export interface SourceDatum {
  readonly addr: string | null
  readonly instance_id: string | null
}

export interface IngestDatum {
  readonly received_at: ByteCount | null
  readonly publisher_id: string | null
  readonly envelope_id: string | null
  readonly envelope_index: number | null
  readonly envelope_count: number | null
  readonly content_type: string | null
  readonly profile: string | null
}
