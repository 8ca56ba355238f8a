import { type Clock, systemClock } from '../clock.ts'
import { secretText } from '../config/secret.ts'
import type { Telemetry } from '../telemetry.ts'
import { type FileTexts, WatchedFiles } from './watched-files.ts'

/** What a way to a server is kept by in files. */
export interface ConnectionFiles {
  /** Files of secrets, and what is in use of them. */
  readonly secrets: FileTexts
  /** PEM files. */
  readonly pems: FileTexts
  replaceSecrets(texts: FileTexts): void
  /** Throws, and keeps what it has, when they cannot be used. */
  replacePems(texts: FileTexts): void
}

/**
 * Replaces what changes in the files. Connections that stand are left alone: a server that wants another password ends them
 * itself. The returned function ends the looking; what was read last stays in use.
 *
 * @param name of the server, for log and metric
 */
export function watchConnection(
  name: string,
  files: ConnectionFiles,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): () => Promise<void> {
  const watches = [
    new WatchedFiles({
      what: `${name} credentials`,
      texts: files.secrets,
      textOf: secretText,
      onChange: (texts) => files.replaceSecrets(texts),
      clock,
      telemetry,
    }),
    new WatchedFiles({
      what: `${name} tls`,
      texts: files.pems,
      onChange: (texts) => files.replacePems(texts),
      clock,
      telemetry,
    }),
  ]
  return async () => {
    await Promise.all(watches.map((watch) => watch.close()))
  }
}
