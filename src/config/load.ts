import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { RelayError } from '../errors.ts'
import type { Config } from './config.ts'
import { parseConfig } from './parse.ts'
import { Secret, secretText } from './secret.ts'
import type { Environment } from './substitute.ts'

/**
 * Reads a configuration file. Paths in it (secrets, certificates, the spool's folder) are relative to the file itself and
 * absolute in the result.
 * Throws CONFIG_INVALID with every finding, or with the reason why the file cannot be read.
 */
export function loadConfig(path: string, environment: Environment = process.env): Config {
  const folder = dirname(resolve(path))
  const config = parseConfig(readText(path), {
    fileName: path,
    environment,
    readSecret(name) {
      const file = resolve(folder, name)
      return new Secret(secretText(readFileSync(file, 'utf8')), file)
    },
  })
  const { kafka, schemaRegistry, gateway, spool, bridge } = config
  const absolute = (name: string): string => resolve(folder, name)
  return {
    ...config,
    kafka: {
      ...kafka,
      tls: typeof kafka.tls === 'boolean' ? kafka.tls : filesOf(kafka.tls, absolute),
      sasl: kafka.sasl === undefined ? undefined : filesOf(kafka.sasl, absolute),
    },
    schemaRegistry: {
      ...filesOf(schemaRegistry, absolute),
      tls: schemaRegistry.tls === undefined ? undefined : filesOf(schemaRegistry.tls, absolute),
    },
    gateway: { ...gateway, tls: gateway.tls === undefined ? undefined : filesOf(gateway.tls, absolute) },
    spool: { ...spool, folder: absolute(spool.folder) },
    bridge: {
      ...bridge,
      endpoints: bridge.endpoints.map((endpoint) => ({
        ...endpoint,
        tls: endpoint.tls === undefined ? undefined : filesOf(endpoint.tls, absolute),
        proxy: endpoint.proxy === undefined ? undefined : filesOf(endpoint.proxy, absolute),
      })),
    },
  }
}

/** The same block with the paths under its `…File` keys made absolute. */
function filesOf<T extends object>(block: T, absolute: (name: string) => string): T {
  return Object.fromEntries(
    Object.entries(block).map(([key, value]) => [
      key,
      key.endsWith('File') && typeof value === 'string' ? absolute(value) : value,
    ]),
  ) as T
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const hint =
      code === 'ENOENT'
        ? 'there is no such file; examples/registry-relay.yaml is one to begin with'
        : String(error)
    throw new RelayError('CONFIG_INVALID', `${path}: ${hint}`, { cause: error, facts: { file: path } })
  }
}
