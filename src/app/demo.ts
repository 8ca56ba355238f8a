import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sleep, systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { RelayError } from '../errors.ts'
import { portsAsBefore } from '../local-stack/kept-ports.ts'
import { type LocalStack, startLocalStack } from '../local-stack/local-stack.ts'
import type { OnProgress } from '../local-stack/progress.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import { Arrivals } from './arrivals.ts'
import { applyTopics, startGateway } from './compose.ts'
import { startBridge } from './compose-bridge.ts'
import { demoConfig } from './demo-config.ts'
import { Journeys, type Travelled } from './journey.ts'
import { startManagement } from './management.ts'
import type { Parts } from './parts.ts'
import { Receiver } from './receiver.ts'
import { type DemoOutcome, postSamples } from './sample-run.ts'
import { freshSamples } from './samples.ts'
import type { Supervisor } from './supervisor.ts'
import type { RealTelemetry } from './telemetry.ts'

export interface DemoOptions {
  /** A further endpoint that gets every event. */
  readonly deliverTo?: string | undefined
  /** Folder for data and ports, kept for the next start. Default: a temporary one, removed at the end. */
  readonly keep?: string | undefined
  readonly onProgress: OnProgress
  /** Once for every event that reached the demo's own receiver. */
  readonly onDelivered: (event: Travelled) => void
}

/** On a slow machine a consumer group takes seconds to form. */
const readyWithinMs = 60_000

/** Where everything listens. */
export interface DemoAddresses {
  readonly gateway: string
  readonly brokers: readonly string[]
  readonly schemaRegistry: string
  readonly topic: string
  readonly management: string
  readonly receiver: string
  readonly stack: Pick<LocalStack, 'way' | 'kafka' | 'schemaRegistry'>
}

export interface RunningDemo {
  readonly addresses: DemoAddresses
  /** Posts the samples and waits until all have arrived, or `patienceMs` are over. */
  postSamples(patienceMs: number): Promise<DemoOutcome>
}

/**
 * The whole way of an event on one machine: a real Kafka, a real schema registry, gateway, bridge and a receiver.
 * Everything it starts is handed to the supervisor.
 */
export async function startDemo(
  options: DemoOptions,
  supervisor: Supervisor,
  telemetry: RealTelemetry,
): Promise<RunningDemo> {
  const stack = await startLocalStack({
    ...(options.keep === undefined ? {} : { dataDir: options.keep }),
    onProgress: options.onProgress,
    telemetry,
  })
  supervisor.add('real parts', () => stack.stop())

  const journeys = new Journeys()
  const arrivals = new Arrivals()
  const receiver = new Receiver({
    host: '127.0.0.1',
    port: 0,
    onPost: ({ body, contentType, headers }) => {
      const id = headers['webhook-id']
      journeys.arrived(typeof id === 'string' ? id : undefined, { body, contentType })
    },
  })
  const receiverUrl = await receiver.start()
  supervisor.add('receiver', () => receiver.close())

  const { keep } = options
  const [gatewayPort = 0, managementPort = 0] =
    keep === undefined ? [] : await portsAsBefore(join(keep, 'demo-ports.json'), 2)
  const config: Config = demoConfig({
    brokers: stack.brokers,
    schemaRegistryUrl: stack.schemaRegistryUrl,
    receiverUrl,
    deliverTo: options.deliverTo,
    spoolFolder: spoolFolder(keep, supervisor),
    ...{ gatewayPort, managementPort },
  })
  await applyTopics(config, telemetry)

  const onDelivered = (endpoint: string, delivery: Delivered): void => {
    if (endpoint !== 'receiver') return
    const travelled = journeys.delivered(
      {
        ...delivery,
        offset: String(delivery.offset),
        id: delivery.event.id,
        repository: delivery.event.target?.repository,
        action: delivery.event.action,
      },
      performance.now(),
    )
    if (travelled === undefined) return
    arrivals.add(travelled)
    options.onDelivered(travelled)
  }
  const bridges = await startBridge(config, telemetry, supervisor, { onDelivered })
  const gateway = await startGateway(config, telemetry, supervisor, {
    wrapIntake: (intake) => (body, arrival) => {
      const notification = intake(body, arrival)
      journeys.departed(Buffer.from(body), arrival.contentType, performance.now())
      return notification
    },
  })
  const parts = { ...bridges.parts, ...gateway.parts }
  const management = await startManagement(config, telemetry, supervisor, parts)
  // On brokers of somebody else the topics may be other than wanted for ever.
  const { topics: _written, 'topics of the bridge': _read, ...waited } = parts
  await Promise.race([allReady(waited), gateway.failed])

  return {
    addresses: {
      gateway: gateway.url,
      brokers: stack.brokers,
      schemaRegistry: stack.schemaRegistryUrl,
      topic: config.topics.events,
      management,
      receiver: receiverUrl,
      stack,
    },
    postSamples: (patienceMs) => postSamples(gateway.url, freshSamples(), arrivals, patienceMs),
  }
}

/** A temporary folder is removed after the spool in it is closed: it is handed over before. */
function spoolFolder(keep: string | undefined, supervisor: Supervisor): string {
  if (keep !== undefined) return join(resolve(keep), 'spool')
  const folder = mkdtempSync(join(tmpdir(), 'registry-relay-spool-'))
  supervisor.add('spool folder', async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Everything is connected: the first event's latency is then that of an event, not of a start. */
async function allReady(parts: Parts): Promise<void> {
  const end = performance.now() + readyWithinMs
  for (;;) {
    const waiting = Object.entries(parts).flatMap(([name, ask]) => {
      const { ready, reason } = ask()
      // A part that is ready and gives a reason takes events and does not pass them on yet.
      return ready && reason === undefined ? [] : [`${name}: ${reason ?? 'not ready'}`]
    })
    if (waiting.length === 0) return
    if (performance.now() > end) {
      throw new RelayError('DEADLINE_EXCEEDED', `not ready within ${readyWithinMs} ms: ${waiting.join('; ')}`)
    }
    await sleep(systemClock, 20)
  }
}
