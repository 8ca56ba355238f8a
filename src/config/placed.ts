import type { Config } from './config.ts'
import { type ConfigPath, valueAt } from './config-path.ts'
import type { EndpointConfig } from './endpoint-config.ts'
import { isSecretName } from './mask.ts'
import { Secret } from './secret.ts'

/** An endpoint and where the configuration has it. */
export interface PlacedEndpoint {
  readonly endpoint: EndpointConfig
  readonly path: ConfigPath
  /** As the configuration has it, before any default. */
  readonly given: unknown
}

/** Those of the block of a registry come last, and that block leaves out the ones that are disabled. */
export function placedEndpoints(
  endpoints: readonly EndpointConfig[],
  given: unknown,
): readonly PlacedEndpoint[] {
  const count = listAt(given, ['bridge', 'endpoints']).length
  const pasted = listAt(given, ['notifications', 'endpoints'])
  const pastedPath = ({ name }: EndpointConfig): ConfigPath => {
    const at = pasted.findIndex((one) => valueAt(one, ['name']) === name)
    return ['notifications', 'endpoints', ...(at === -1 ? [] : [at])]
  }
  return endpoints.map((endpoint, index) => {
    const path = index < count ? ['bridge', 'endpoints', index] : pastedPath(endpoint)
    return { endpoint, path, given: valueAt(given, path) }
  })
}

function listAt(given: unknown, path: ConfigPath): readonly unknown[] {
  const value = valueAt(given, path)
  return Array.isArray(value) ? value : []
}

/** Secrets with their paths; of headers every value of those whose names say so. */
export function secretsOf(
  { kafka, schemaRegistry, gateway }: Config,
  endpoints: readonly PlacedEndpoint[],
): readonly (readonly [ConfigPath, Secret])[] {
  const blocks: readonly (readonly [ConfigPath, unknown])[] = [
    [['kafka', 'sasl'], kafka.sasl],
    [['schemaRegistry'], schemaRegistry],
    [['gateway', 'redact'], gateway.redact],
    ...gateway.credentials.map((one, index) => [['gateway', 'credentials', index], one] as const),
    ...endpoints.flatMap(({ endpoint: { headers, signing, proxy }, path, given }) => {
      return [
        [[...path, 'signing', 'secrets'], signing?.secrets] as const,
        [[...path, 'proxy'], proxy] as const,
        ...Object.entries(headers)
          .filter(([name]) => isSecretName(name))
          .map(([name, values]) =>
            // Each value of a list has a place of its own; a single one has that of the header.
            Array.isArray(valueAt(given, ['headers', name]))
              ? ([[...path, 'headers', name], values] as const)
              : ([[...path, 'headers'], { [name]: values[0] }] as const),
          ),
      ]
    }),
  ]
  return blocks.flatMap(([path, block]) =>
    Object.entries(block ?? {}).flatMap(([key, value]) =>
      value instanceof Secret ? [[[...path, key], value] as const] : [],
    ),
  )
}

/** Files of private keys with the paths of their keys. */
export function keyFiles(
  { kafka, schemaRegistry, gateway }: Config,
  endpoints: readonly PlacedEndpoint[],
): readonly (readonly [ConfigPath, string])[] {
  const blocks: readonly (readonly [ConfigPath, { readonly keyFile?: string | undefined } | undefined])[] = [
    [['kafka', 'tls'], typeof kafka.tls === 'boolean' ? undefined : kafka.tls],
    [['schemaRegistry', 'tls'], schemaRegistry.tls],
    [['gateway', 'tls'], gateway.tls],
    ...endpoints.map(({ endpoint: { tls }, path }) => [[...path, 'tls'], tls] as const),
  ]
  return blocks.flatMap(([path, block]) =>
    block?.keyFile === undefined ? [] : [[[...path, 'keyFile'], block.keyFile] as const],
  )
}
