import { createSecureContext } from 'node:tls'
import type { Config } from '../config/config.ts'
import type { ConfigPath } from '../config/config-path.ts'
import type { ConfigSource } from '../config/config-source.ts'
import type { LocatedFinding } from '../config/findings.ts'
import { type ReadConfig, readConfig } from '../config/load.ts'
import { placedEndpoints } from '../config/placed.ts'
import type { Environment } from '../config/substitute.ts'
import { RelayError, toError } from '../errors.ts'
import { endpointOptions } from './endpoint-files.ts'
import { gatewayTls, gatewayTlsFiles } from './gateway-tls.ts'
import { KafkaFiles } from './kafka-files.ts'
import { RegistryFiles } from './registry-files.ts'

/**
 * The configuration as the services would take it: also the files that it names are read, and the addresses in it looked at.
 * Nothing is connected to.
 *
 * @throws RelayError CONFIG_INVALID: there is no configuration, or its file cannot be read
 */
export function checkConfig(source: string | ConfigSource, environment?: Environment): ReadConfig {
  const read = readConfig(source, environment)
  if (read.config === undefined) return read
  const findings = partsOf(read.config).flatMap((open) => finding(open, read))
  return findings.length === 0 ? read : { ...read, config: undefined, findings }
}

/** What would be made of the configuration, each with its files. */
function partsOf({ kafka, schemaRegistry, gateway, bridge }: Config): readonly (() => void)[] {
  return [
    () => new KafkaFiles(kafka),
    () => new RegistryFiles(schemaRegistry),
    () => {
      if (gateway.tls !== undefined) checkGatewayTls(gateway.tls)
    },
    ...bridge.endpoints.map((endpoint) => () => endpointOptions(endpoint)),
  ]
}

/** @throws RelayError CONFIG_INVALID: a file cannot be read, or certificate and key are no pair */
export function checkGatewayTls(tls: NonNullable<Config['gateway']['tls']>): void {
  const { cert, key, ca } = gatewayTls(tls, gatewayTlsFiles(tls))
  try {
    createSecureContext({ cert, key, ca })
  } catch (cause) {
    const message = `"gateway.tls": certificate and key cannot be used: ${toError(cause).message}`
    throw new RelayError('CONFIG_INVALID', message, { cause })
  }
}

function finding(open: () => void, read: ReadConfig): readonly LocatedFinding[] {
  try {
    open()
    return []
  } catch (error) {
    const { message } = toError(error)
    const key = /^"([^"]+)": /.exec(message)?.[1] ?? ''
    return [{ place: read.places.of(pathOf(key, read)).text, message }]
  }
}

/** An endpoint is named by its name in the message, and by its number in the file. */
function pathOf(key: string, { config, given }: ReadConfig): ConfigPath {
  const [, name, rest] = /^bridge\.endpoints\.([\w-]+)(?:\.(.*))?$/.exec(key) ?? []
  const found = placedEndpoints(config?.bridge.endpoints ?? [], given).find(
    ({ endpoint }) => endpoint.name === name,
  )
  if (found !== undefined) return [...found.path, ...(rest?.split('.') ?? [])]
  return key === '' ? [] : key.split('.')
}
