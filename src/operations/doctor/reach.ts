/** A place in the network, and how far to go there. */
export interface ReachTarget {
  /** Name or address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** Speak TLS. Whether the certificate is right is told, not enforced. */
  readonly tls?: ReachTls | undefined
  /** Why an address must not be connected to; undefined where it may. */
  readonly denied?: ((address: string) => string | undefined) | undefined
  /** Ask by HTTP with HEAD for this path and query, with no header of the configuration. */
  readonly headPath?: string | undefined
}

/** PEM texts. */
export interface ReachTls {
  readonly ca?: string | string[] | Buffer | undefined
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
  readonly servername?: string | undefined
}

/** How far it went. */
export type Reached = NotReached | FullyReached

export interface NotReached {
  readonly reached: false
  /** Where the way ended. */
  readonly at: 'name' | 'address' | 'connection' | 'tls'
  /** Of the system or of OpenSSL, `ECONNREFUSED`; of an address, why it is denied. */
  readonly code: string
  /** The same in words. */
  readonly message: string
  readonly addresses: readonly string[]
}

export interface FullyReached {
  readonly reached: true
  readonly addresses: readonly string[]
  /** Undefined for a host that is an address. */
  readonly nameMs: number | undefined
  readonly connectMs: number
  readonly tls: ReachedTls | undefined
  readonly http: ReachedHttp | undefined
}

export interface ReachedTls {
  readonly version: string
  readonly ms: number
  /** Since the epoch. */
  readonly validTo: number
  /** As the certificate has them: `DNS:a, IP Address:10.0.0.1`; of an old one the common name. */
  readonly names: string
  /** Why it is not trusted, as a code of `node:tls`; undefined where it is. */
  readonly fault: string | undefined
}

/** `status` undefined: what came back is no HTTP, or nothing came. */
export interface ReachedHttp {
  readonly status: number | undefined
  /** The clock over there against ours, in milliseconds: above 0, it is ahead. Good for about a second. */
  readonly clockAheadMs: number | undefined
}

/** Never rejects, and ends by itself within the time that it was made with. */
export type Reach = (target: ReachTarget) => Promise<Reached>
