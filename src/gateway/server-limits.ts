/** What one server takes on at most. Node's own defaults are made for pages, not for a port that strangers may reach. */
export interface ServerLimits {
  readonly headersTimeoutMs: number
  /** For all of a request, its body included. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** How often the two time-outs of requests are looked at. */
  readonly checkIntervalMs: number
  /** From a connection to the end of its TLS handshake. */
  readonly tlsHandshakeTimeoutMs: number
  /** All header lines of a request. */
  readonly maxHeaderBytes: number
  /** Header lines of a request. */
  readonly maxHeaders: number
  readonly maxRequestsPerConnection: number
  readonly maxConnections: number
  /** Bodies of all requests that are not answered yet; over it the answer is 503. At least one body of the largest size fits. */
  readonly maxBodiesBytes: number
  /** A body that takes longer than this must have come at `minBodyBytesPerSecond` from then on. */
  readonly bodyGraceMs: number
  /** The slowest average at which a body may come in. A time-out alone lets a few bytes hold a connection to its end. */
  readonly minBodyBytesPerSecond: number
  /** How long the rest of a refused body is read, so that its sender gets to see the answer. */
  readonly lingerMs: number
}

/** For a gateway that a few thousand registries post to. */
export const defaultServerLimits: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
  checkIntervalMs: 2_000,
  tlsHandshakeTimeoutMs: 10_000,
  maxHeaderBytes: 8 * 1024,
  maxHeaders: 256,
  maxRequestsPerConnection: 1_000,
  maxConnections: 2_048,
  maxBodiesBytes: 256 * 1024 * 1024,
  bodyGraceMs: 5_000,
  minBodyBytesPerSecond: 1_024,
  lingerMs: 2_000,
}
