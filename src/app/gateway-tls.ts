import type { GatewayTlsConfig } from '../config/gateway-config.ts'
import type { GatewayTls } from '../gateway/http-server.ts'
import { readPem } from './client-tls.ts'
import type { FileTexts } from './watched-files.ts'

/**
 * The PEM files of the gateway, by path, and what its server wants of them.
 *
 * @throws RelayError CONFIG_INVALID when one cannot be read
 */
export function gatewayTlsFiles(config: GatewayTlsConfig): FileTexts {
  const { certificateFile, keyFile, clientCaFile } = config
  return new Map([
    [certificateFile, readPem('gateway.tls.certificateFile', certificateFile)],
    [keyFile, readPem('gateway.tls.keyFile', keyFile)],
    ...(clientCaFile === undefined
      ? []
      : ([[clientCaFile, readPem('gateway.tls.clientCaFile', clientCaFile)]] as const)),
  ])
}

/** `files`: those of {@link gatewayTlsFiles}, or what they say by now. */
export function gatewayTls(config: GatewayTlsConfig, files: FileTexts): GatewayTls {
  const { certificateFile, keyFile, clientCaFile } = config
  return {
    cert: files.get(certificateFile) ?? '',
    key: files.get(keyFile) ?? '',
    ...(clientCaFile === undefined ? {} : { ca: files.get(clientCaFile) ?? '' }),
  }
}
