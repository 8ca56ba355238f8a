import { createRequire } from 'node:module'
import { RelayError } from '../../errors.ts'

/**
 * The guards in this folder rest on what the inside of exactly this version does: when a send settles, how sequences are
 * taken back, which errors refresh metadata. With another one they may hold or may lose events, and nobody would see it.
 */
const testedVersion = '2.2.4'

/** @throws RelayError KAFKA_CLIENT_CHANGED unless the given (default: the installed) version is the tested one */
export function checkKafkajsVersion(found: string = installedVersion()): void {
  if (found === testedVersion) return
  throw new RelayError(
    'KAFKA_CLIENT_CHANGED',
    `kafkajs ${found} is installed, but this package is safe only with ${testedVersion}`,
    { facts: { found, tested: testedVersion } },
  )
}

function installedVersion(): string {
  const manifest = createRequire(import.meta.url)('kafkajs/package.json') as { version: string }
  return manifest.version
}
