import type { RegistryAuth } from '../avro/registry-http.ts'
import type { SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { SchemaRegistryConfig } from '../config/config.ts'
import { type ClientTls, clientTls, tlsFiles } from './client-tls.ts'
import { HeldFiles } from './held-files.ts'

/**
 * Password and certificates for the schema registry as their files say: {@link RegistryFiles.options} are of the kind that
 * is asked at every request, so that what is replaced here is used from the next one on.
 */
export class RegistryFiles extends HeldFiles<ClientTls | undefined> {
  readonly options: SchemaRegistryOptions

  /** @throws RelayError CONFIG_INVALID naming the key whose file cannot be read or used */
  constructor(config: SchemaRegistryConfig) {
    const { urls, username, password, token, tls, timeoutMs } = config
    super({
      secrets: [password, token],
      pems: tls === undefined ? new Map() : tlsFiles('schemaRegistry.tls', tls),
      check: (pems) => (tls === undefined ? undefined : clientTls('schemaRegistry.tls', tls, pems)),
    })
    this.options = {
      url: urls,
      timeoutMs,
      ...(token === undefined && username === undefined ? {} : { auth: () => this.#auth(config) }),
      ...(tls === undefined ? {} : { tls: () => this.checked }),
    }
  }

  #auth({ username, password, token }: SchemaRegistryConfig): RegistryAuth | undefined {
    if (token !== undefined) return { token: this.textOf(token) }
    if (username === undefined) return undefined
    return { username, password: password === undefined ? '' : this.textOf(password) }
  }
}
