import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { fileProblem } from '../config/file-problem.ts'
import type { TlsConfig } from '../config/tls-config.ts'
import { RelayError, toError } from '../errors.ts'
import type { FileTexts } from './watched-files.ts'

/** PEM texts and a name, as `node:tls` takes them. */
export interface ClientTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
}

/**
 * @param key of the configuration, for the message
 * @throws RelayError CONFIG_INVALID when it cannot be read
 */
export function readPem(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unusable(key, fileProblem(error), error)
  }
}

/** The files of a block `tls`, with what they say now. @throws RelayError CONFIG_INVALID naming the key */
export function tlsFiles(key: string, tls: TlsConfig): FileTexts {
  return new Map(
    (['caFile', 'certificateFile', 'keyFile'] as const).flatMap((name) => {
      const file = tls[name]
      return file === undefined ? [] : [[file, readPem(`${key}.${name}`, file)] as const]
    }),
  )
}

/**
 * A client's TLS from what its files say. Refused here, where the key is known, and not by each connection.
 *
 * @throws RelayError CONFIG_INVALID when they are no certificates, or key and certificate are no pair
 */
export function clientTls(key: string, tls: TlsConfig, texts: FileTexts): ClientTls {
  const { caFile, certificateFile, keyFile, serverName } = tls
  const text = (file: string): string => texts.get(file) ?? ''
  const options = {
    ...(caFile === undefined ? {} : { ca: text(caFile) }),
    ...(certificateFile === undefined ? {} : { cert: text(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: text(keyFile) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
  checkAuthority(`${key}.caFile`, options.ca)
  try {
    createSecureContext({ cert: options.cert, key: options.key })
  } catch (error) {
    throw unusable(key, `certificate and key cannot be used: ${toError(error).message}`, error)
  }
  return options
}

/** Node.js takes whatever is in there, and then trusts nobody. @throws RelayError CONFIG_INVALID */
export function checkAuthority(key: string, pem: string | undefined): void {
  if (pem === undefined) return
  try {
    new X509Certificate(pem)
  } catch (error) {
    throw unusable(key, `the file holds no certificate: ${toError(error).message}`, error)
  }
}

function unusable(key: string, what: string, cause: unknown): RelayError {
  return new RelayError('CONFIG_INVALID', `"${key}": ${what}`, { cause })
}
