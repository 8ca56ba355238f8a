import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RelayError } from '../errors.ts'
import type { Environment } from './substitute.ts'

/** Where a configuration is looked for that nobody names, in the working folder. */
const defaultFile = 'registry-relay.yaml'

/** Names the file where no option does. */
export const configFileVariable = 'REGISTRY_RELAY_CONFIG'

/**
 * The path of the configuration file. Undefined: there is none, and what is set beside it has to be enough.
 *
 * @param option what `--config` says
 * @param isSet true when something is set beside the file
 * @throws RelayError CONFIG_INVALID saying where was looked
 */
export function configFile(
  option: string | undefined,
  environment: Environment,
  isSet: boolean,
): string | undefined {
  if (option !== undefined) return option
  const named = environment[configFileVariable]
  // An empty variable is how a container is told that there is none.
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named
    throw unreadable(named, `${configFileVariable} names this file, and there is no such file${beginning()}`)
  }
  if (existsSync(defaultFile)) return defaultFile
  if (isSet) return undefined
  throw new RelayError(
    'CONFIG_INVALID',
    `no configuration: no --config was given, ${configFileVariable} is not set, and there is no ${defaultFile} in this folder${beginning()}`,
  )
}

/** Whether {@link configFile} would have a path, of a file that may be missing or wrong. */
export function isFileNamed(option: string | undefined, environment: Environment): boolean {
  return option !== undefined || (environment[configFileVariable] ?? '') !== '' || existsSync(defaultFile)
}

/**
 * The text of a configuration file, without a byte order mark.
 * @throws RelayError CONFIG_INVALID saying why it cannot be read
 */
export function configText(path: string): string {
  const content = bytesOf(path)
  // An editor of Windows that was asked for "Unicode".
  if (['fffe', 'feff'].includes(content.subarray(0, 2).toString('hex'))) {
    throw unreadable(path, 'this is UTF-16; save it as UTF-8')
  }
  const nul = content.indexOf(0)
  if (nul !== -1) throw unreadable(path, 'this is no text: it holds binary data')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch (cause) {
    throw unreadable(
      `${path}:${lineOfBadByte(content)}`,
      'this line is not UTF-8; save the file as UTF-8',
      cause,
    )
  }
}

/** Ends a sentence with the example that came with this package, where it did, as it is typed in the working folder. */
function beginning(): string {
  const path = fileURLToPath(new URL('../../examples/registry-relay.yaml', import.meta.url))
  if (!existsSync(path)) return ''
  const below = relative(process.cwd(), path)
  return `; ${below.startsWith('..') ? path : below} is one to begin with`
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT') throw unreadable(path, `there is no such file${beginning()}`, cause)
    if (code === 'ENOTDIR') throw unreadable(path, 'a part of this path is a file', cause)
    if (code === 'EISDIR') throw unreadable(path, `this is a folder; name the file in it`, cause)
    if (code === 'EACCES')
      throw unreadable(path, 'the user that the relay runs as may not read this file', cause)
    throw unreadable(path, String(cause), cause)
  }
}

/** The decoder does not say where. Counts from 1. */
function lineOfBadByte(content: Buffer): number {
  let line = 1
  for (let start = 0; start < content.length; line += 1) {
    const end = content.indexOf('\n', start)
    const stop = end === -1 ? content.length : end + 1
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(content.subarray(start, stop))
    } catch {
      return line
    }
    start = stop
  }
  return line
}

function unreadable(path: string, reason: string, cause?: unknown): RelayError {
  return new RelayError('CONFIG_INVALID', `${path}: ${reason}`, { cause, facts: { file: path } })
}
