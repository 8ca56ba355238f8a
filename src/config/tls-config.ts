/** PEM files, read again when they change. */
export interface TlsConfig {
  /** Authorities of the server's certificate. Default: those of Node.js. */
  readonly caFile?: string | undefined
  /** Certificate that is shown to a server that asks for one; with `keyFile` only. Default: none. */
  readonly certificateFile?: string | undefined
  /** Private key of that certificate. */
  readonly keyFile?: string | undefined
  /** Name in the server's certificate. Default: the host that is connected to. */
  readonly serverName?: string | undefined
}
