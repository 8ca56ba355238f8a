import { isIP } from 'node:net'
import type { MachinePort } from './machine.ts'

/** What a relay says of itself at its management port. */
export interface RunningRelay {
  readonly gateway: boolean
  readonly bridge: boolean
  /** Of its gateway; undefined where it has none, or one whose port the system chose. */
  readonly gatewayPort: number | undefined
}

/** The parts of `/status` that are read here, which whatever else listens there does not have. */
interface RelayStatus {
  readonly service?: { readonly name?: unknown; readonly notificationsUrl?: unknown }
  readonly parts?: unknown
}

/** Asks what listens at the management port of a configuration. Undefined where it is no relay. */
export async function askRelay(
  { host, port }: { readonly host: string; readonly port: number },
  machine: Pick<MachinePort, 'ask'>,
): Promise<RunningRelay | undefined> {
  const answer = await machine.ask(`http://${localOf(host)}:${port}/status`)
  try {
    return relayOf(JSON.parse(answer?.body ?? ''))
  } catch {
    return undefined
  }
}

function localOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIP(host) === 6 ? `[${host}]` : host
}

function relayOf({ service, parts }: RelayStatus): RunningRelay | undefined {
  if (service?.name !== 'registry-relay' || typeof parts !== 'object' || parts === null) return undefined
  const gateway = 'gateway' in parts
  const bridge = Object.keys(parts).some((name) => name === 'bridge' || name.startsWith('bridge '))
  // A bridge may have lost its last endpoint; there is no third kind.
  return { gateway, bridge: bridge || !gateway, gatewayPort: portOf(service.notificationsUrl) }
}

/** The name in it may be another one of the same machine, so that only the port can be compared. */
function portOf(url: unknown): number | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined
  const { protocol, port } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
