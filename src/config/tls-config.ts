/** PEM files, read again when they change. */
export interface TlsConfig {
  readonly caFile?: string | undefined
  readonly certificateFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly serverName?: string | undefined
}
