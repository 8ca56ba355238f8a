import type { Config } from '../../config/config.ts'
import { codecToWrite } from '../../kafka/kafkajs/codecs.ts'
import { type Check, failure, note, ok, type Seen, warning } from './check.ts'
import type { MachinePort } from './machine.ts'
import { trouble } from './trouble.ts'

/** What else a process has open: files of the spool, brokers, the schema registry, the management port. */
const otherFiles = 256

/** `engines` of package.json. */
const oldest = { major: 20, minor: 19 }

/** What the relay needs of Node.js and of its process. */
export function processChecks(
  config: Pick<Config, 'kafka' | 'gateway' | 'bridge'>,
  machine: MachinePort,
): readonly Check[] {
  return [
    {
      ...{ name: 'node', part: 'process', otherwise: 'Node.js is not as it should be' },
      run: async () => [nodeSeen(config, machine)],
    },
    {
      ...{ name: 'open files', part: 'process', otherwise: 'the limits are not known' },
      run: async () => [filesSeen(config, await machine.openFilesLimit())],
    },
  ]
}

function nodeSeen({ kafka: { compression } }: Pick<Config, 'kafka'>, { nodeVersion }: MachinePort): Seen {
  const [major = 0, minor = 0] = nodeVersion.replace('v', '').split('.').map(Number)
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    return failure(
      `Node.js ${nodeVersion} is older than the relay is made for`,
      `install Node.js ${oldest.major}.${oldest.minor} or later`,
    )
  }
  try {
    codecToWrite(compression)
  } catch (error) {
    return trouble(error, `Node.js ${nodeVersion}: `)
  }
  const packed = compression === 'none' ? 'records are not compressed' : `it can write ${compression}`
  return ok(`Node.js ${nodeVersion}, ${packed}`)
}

function filesSeen({ gateway, bridge }: Pick<Config, 'gateway' | 'bridge'>, limit: number | undefined): Seen {
  if (limit === undefined) return note('this system does not tell how many files a process may have open')
  const ofEndpoints = bridge.endpoints.reduce((sum, { concurrency }) => sum + 2 * concurrency, 0)
  const { maxConnections } = gateway.limits
  const needed = maxConnections + ofEndpoints + otherFiles
  if (limit >= needed) return ok(`a process started from here may have ${limit} files open, enough`)
  return warning(
    `a process started from here may have ${limit} files open, and up to ${needed} can be needed: ${maxConnections} connections of registries (gateway.limits.maxConnections), ${ofEndpoints} to endpoints`,
    `raise the limit to ${needed} (ulimit -n, LimitNOFILE= of systemd), or lower gateway.limits.maxConnections`,
  )
}
