import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { RelayError } from '../errors.ts'
import type { Config } from './config.ts'
import { parseConfig } from './parse.ts'
import type { Environment } from './substitute.ts'

/**
 * Reads a configuration file. Paths of secrets and certificates in it are relative to the file itself.
 * Throws CONFIG_INVALID with every finding, or with the reason why the file cannot be read.
 */
export function loadConfig(path: string, environment: Environment = process.env): Config {
  const folder = dirname(resolve(path))
  const config = parseConfig(readText(path), {
    fileName: path,
    environment,
    readSecret: (name) => readFileSync(resolve(folder, name), 'utf8'),
  })
  const { tls } = config.kafka
  if (typeof tls === 'boolean') return config
  const absolute = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolve(folder, name)
  return {
    ...config,
    kafka: {
      ...config.kafka,
      tls: {
        ...tls,
        caFile: absolute(tls.caFile),
        certificateFile: absolute(tls.certificateFile),
        keyFile: absolute(tls.keyFile),
      },
    },
  }
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
