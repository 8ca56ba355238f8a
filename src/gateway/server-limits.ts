/** What one server takes on at most. Node's own defaults are made for pages, not for a port that strangers may reach. */
export interface ServerLimits {
  readonly headersTimeoutMs: number
  /** For all of a request, its body included. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** How often the two time-outs of requests are looked at. */
  readonly checkIntervalMs: number
  readonly maxHeaderBytes: number
  readonly maxRequestsPerConnection: number
  readonly maxConnections: number
  /** All bodies that are being received; over it the answer is 503. At least one body of the largest size fits. */
  readonly maxBodiesBytes: number
  /** How long the rest of a refused body is read, so that its sender gets to see the answer. */
  readonly lingerMs: number
}

/** For a gateway that a few thousand registries post to. */
export const defaultServerLimits: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
  checkIntervalMs: 2_000,
  maxHeaderBytes: 8 * 1024,
  maxRequestsPerConnection: 1_000,
  maxConnections: 2_048,
  maxBodiesBytes: 256 * 1024 * 1024,
  lingerMs: 2_000,
}
