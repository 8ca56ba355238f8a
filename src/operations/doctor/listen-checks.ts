import { X509Certificate } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { expiry, validUntil } from './certificate.ts'
import { type Check, failure, note, ok, type Seen } from './check.ts'
import type { MachinePort } from './machine.ts'
import { once } from './once.ts'
import { askRelay, type RunningRelay } from './running-relay.ts'

interface ListenConfig {
  readonly host: string
  readonly port: number
}

export interface ListenChecksOptions {
  readonly config: Pick<Config, 'gateway' | 'management'>
  /** Which of them are to run here. */
  readonly services: { readonly gateway: boolean; readonly bridge: boolean }
  readonly machine: Pick<MachinePort, 'tryListening' | 'ask'>
  /** PEM text of the gateway's certificate. Throws RelayError CONFIG_INVALID. */
  readonly certificate: (() => string) | undefined
  readonly now: () => number
}

/** The ports that the relay opens, and the certificate that the gateway shows there. */
export function listenChecks(options: ListenChecksOptions): readonly Check[] {
  const { config, services, machine, certificate } = options
  const { management } = config
  const relay = once(() => askRelay(management, machine))
  const ofGateway: Check[] = [
    {
      ...{ name: 'gateway port', part: 'gateway', otherwise: 'the port cannot be had' },
      run: async () => [
        await portSeen('gateway', config.gateway, machine, async () =>
          (await relay())?.gatewayPort === config.gateway.port
            ? note(`${placeOf(config.gateway)} is the gateway port of a relay that runs`)
            : undefined,
        ),
      ],
    },
    ...(certificate === undefined
      ? []
      : [
          {
            ...({ name: 'gateway certificate', part: 'gateway', otherwise: 'senders get no TLS' } as const),
            run: async () => [certificateSeen(certificate(), options)],
          },
        ]),
  ]
  return [
    ...(services.gateway ? ofGateway : []),
    {
      ...{ name: 'management port', part: 'gateway', otherwise: 'the port cannot be had' },
      run: async () => [
        await portSeen('management', management, machine, async () =>
          managementSeen(management, await relay(), services),
        ),
        ...(services.gateway && services.bridge && management.port !== 0
          ? [
              note(
                'gateway and bridge have a management port each: on one machine give one of them another, with --set management.port=…',
              ),
            ]
          : []),
      ],
    },
  ]
}

/** Serve and bridge are processes of their own: what one of them has the other cannot get. Undefined where it is no relay's. */
function managementSeen(
  management: ListenConfig,
  relay: RunningRelay | undefined,
  services: ListenChecksOptions['services'],
): Seen | undefined {
  if (relay === undefined) return undefined
  const where = placeOf(management)
  const isOurs = (relay.gateway && services.gateway) || (relay.bridge && services.bridge)
  const [holder, other] = relay.gateway ? ['gateway', 'bridge'] : ['bridge', 'gateway']
  return isOurs
    ? note(`${where} is the management port of a ${holder} that runs`)
    : failure(
        `${where} is taken by the ${holder} that runs, for its management port`,
        `give the ${other} another one: --set management.port=…`,
      )
}

function placeOf({ host, port }: ListenConfig): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** `known`: what is to be said of a port that is taken, where it is a relay that has it. */
async function portSeen(
  key: 'gateway' | 'management',
  listen: ListenConfig,
  machine: Pick<MachinePort, 'tryListening'>,
  known: () => Promise<Seen | undefined>,
): Promise<Seen> {
  const { host, port } = listen
  const where = placeOf(listen)
  const code = await machine.tryListening(host, port)
  switch (code) {
    case 'free':
      return ok(port === 0 ? `${where}: the system chooses a port` : `${where} is free for the ${key} port`)
    case 'EADDRINUSE':
      return (
        (await known()) ??
        failure(
          `${where} is taken by another program (${key}.port)`,
          `find it with: ss -ltnp 'sport = :${port}'; stop it, or choose another ${key}.port`,
        )
      )
    case 'EACCES':
      return failure(
        `${where}: this user may not open that port`,
        `choose ${key}.port above 1023, or grant CAP_NET_BIND_SERVICE`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return failure(
        `${where}: no interface of this machine has that address`,
        `correct ${key}.host; 0.0.0.0 means all of them`,
      )
    default:
      return failure(`${where}: the port cannot be opened (${code})`, `correct ${key}.host and ${key}.port`)
  }
}

function certificateSeen(pem: string, { now }: ListenChecksOptions): Seen {
  const validTo = Date.parse(new X509Certificate(pem).validTo)
  const what = 'the certificate of the gateway'
  return expiry(what, validTo, now()) ?? validUntil(what, validTo)
}
