import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { configFile, configText, isFileNamed } from './config-file.ts'
import type { ConfigSource } from './config-source.ts'
import type { LocatedFinding } from './findings.ts'
import { configKeys } from './key-tree.ts'
import { nearVariables } from './near-variables.ts'
import { type ParsedConfig, type ParseOptions, parseAll, parseConfig } from './parse.ts'
import { hasSettings, readSettings } from './read-settings.ts'
import { Secret, secretText } from './secret.ts'
import type { Environment } from './substitute.ts'

/**
 * Reads the configuration. Flags beat variables of the environment, these beat the file, and the file beats the defaults.
 * Paths (secrets, certificates, the spool's folder) are relative to the file, without a file to the working folder, and
 * absolute in the result.
 *
 * Throws CONFIG_INVALID with every finding, or with the reason why the file cannot be read.
 *
 * @param source a text is the path of the file
 */
export function loadConfig(source: string | ConfigSource, environment: Environment = process.env): Config {
  const { text, options, folder } = opened(source, environment)
  return absolute(parseConfig(text, options), folder)
}

/** Whether there is a configuration at all, however wrong. */
export function isConfigured(
  { file, settings }: ConfigSource,
  environment: Environment = process.env,
): boolean {
  return isFileNamed(file, environment) || hasSettings(environment, settings)
}

export interface ReadConfig extends ParsedConfig {
  /** Undefined where there is none. */
  readonly file: string | undefined
  /** Variables that set nothing and look as if they should. */
  readonly nearVariables: readonly LocatedFinding[]
}

/**
 * The same for whoever wants what is right of a wrong configuration too.
 * @throws RelayError CONFIG_INVALID: there is no configuration, or its file cannot be read
 */
export function readConfig(
  source: string | ConfigSource,
  environment: Environment = process.env,
): ReadConfig {
  const { file, text, options, folder } = opened(source, environment)
  const parsed = parseAll(text, options)
  return {
    ...parsed,
    file,
    nearVariables: nearVariables(configKeys(), environment),
    config: parsed.config === undefined ? undefined : absolute(parsed.config, folder),
  }
}

/** What there is to be parsed. */
interface Opened {
  /** Undefined where there is none; then neither is there a text. */
  readonly file: string | undefined
  readonly text: string | undefined
  readonly options: ParseOptions
  /** What paths are relative to. */
  readonly folder: string
}

function opened(source: string | ConfigSource, environment: Environment): Opened {
  const { file: named, settings: flags } =
    typeof source === 'string' ? { file: source, settings: [] } : source
  const file = configFile(named, environment, hasSettings(environment, flags))
  const folder = file === undefined ? resolve() : dirname(resolve(file))
  const readSecret = (name: string): Secret => {
    const path = resolve(folder, name)
    return new Secret(secretText(readFileSync(path, 'utf8')), path)
  }
  const text = file === undefined ? undefined : configText(file)
  const settings = readSettings(configKeys(), environment, flags, readSecret)
  return { file, text, folder, options: { fileName: file ?? '', environment, readSecret, settings } }
}

function absolute(config: Config, folder: string): Config {
  const { kafka, schemaRegistry, gateway, spool, bridge } = config
  const path = (name: string): string => resolve(folder, name)
  return {
    ...config,
    kafka: {
      ...kafka,
      tls: typeof kafka.tls === 'boolean' ? kafka.tls : filesOf(kafka.tls, path),
      sasl: kafka.sasl === undefined ? undefined : filesOf(kafka.sasl, path),
    },
    schemaRegistry: {
      ...filesOf(schemaRegistry, path),
      tls: schemaRegistry.tls === undefined ? undefined : filesOf(schemaRegistry.tls, path),
    },
    gateway: { ...gateway, tls: gateway.tls === undefined ? undefined : filesOf(gateway.tls, path) },
    spool: { ...spool, folder: path(spool.folder) },
    bridge: {
      ...bridge,
      endpoints: bridge.endpoints.map((endpoint) => ({
        ...endpoint,
        tls: endpoint.tls === undefined ? undefined : filesOf(endpoint.tls, path),
        proxy: endpoint.proxy === undefined ? undefined : filesOf(endpoint.proxy, path),
      })),
    },
  }
}

/** The same block with the paths under its `…File` keys made absolute. */
function filesOf<T extends object>(block: T, absolutePath: (name: string) => string): T {
  return Object.fromEntries(
    Object.entries(block).map(([key, value]) => [
      key,
      key.endsWith('File') && typeof value === 'string' ? absolutePath(value) : value,
    ]),
  ) as T
}
