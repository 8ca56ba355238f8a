/** Requests that a fault can be aimed at, by their keys in the protocol. */
const apis = {
  0: 'Produce',
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  17: 'SaslHandshake',
  18: 'ApiVersions',
  22: 'InitProducerId',
  36: 'SaslAuthenticate',
} as const

export type Api = (typeof apis)[keyof typeof apis] | 'other'

/** What every request begins with, and what its response is found by. */
export interface RequestHead {
  readonly api: Api
  readonly version: number
  readonly correlationId: number
}

/** Of a frame with its length in front. */
export function readRequestHead(frame: Buffer): RequestHead {
  const key = frame.readInt16BE(4)
  const api = Object.hasOwn(apis, key) ? apis[key as keyof typeof apis] : 'other'
  return { api, version: frame.readInt16BE(6), correlationId: frame.readInt32BE(8) }
}

export function readCorrelationId(response: Buffer): number {
  return response.readInt32BE(4)
}
