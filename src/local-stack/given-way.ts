import { sleep } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { probeKafka } from './kafka-probe.ts'
import type { LocalServer } from './local-server.ts'
import { probeSchemaRegistry } from './schema-registry-probe.ts'
import { onlyByJava, type WayMissing, type WayOptions, type WayStarted } from './way.ts'

/** Servers beside us may still be on their way up: a compose file starts all at once. */
const patienceMs = 30_000
const probeTimeoutMs = 3000
const probeEveryMs = 250

/** Way (a): servers that run already. They are asked once whether they answer, and never stopped. */
export async function useGiven(options: WayOptions): Promise<WayStarted | WayMissing> {
  const lacking = onlyByJava(options)
  if (lacking !== undefined) return { missing: lacking }
  const { brokers, schemaRegistryUrl } = options.environment
  // Copied from a browser it ends with a slash, and `//subjects` is not found.
  const url = schemaRegistryUrl?.replace(/\/+$/, '')
  if (brokers.length === 0) {
    if (url === undefined || !options.schemaRegistry) return { missing: 'REGISTRY_RELAY_BROKERS is not set' }
    throw halfGiven('REGISTRY_RELAY_SCHEMA_REGISTRY is set and REGISTRY_RELAY_BROKERS is not')
  }
  if (options.schemaRegistry && url === undefined) {
    throw halfGiven('REGISTRY_RELAY_BROKERS is set and REGISTRY_RELAY_SCHEMA_REGISTRY is not')
  }
  const kafka = givenServer('kafka')
  await answering(options, `Kafka at ${brokers.join(', ')}`, () => probeAny(brokers))
  if (!options.schemaRegistry || url === undefined)
    return { brokers, nodes: [kafka], schemaRegistry: undefined, stop: async () => {} }
  await answering(options, 'the schema registry', () => probeSchemaRegistry(url, probeTimeoutMs))
  return {
    brokers,
    nodes: [kafka],
    schemaRegistry: { url, server: givenServer('schema-registry') },
    stop: async () => {},
  }
}

/** Starting the other half on this machine would hide a mistake in the settings: events in one Kafka, ids from another. */
function halfGiven(what: string): RelayError {
  return new RelayError('REAL_PARTS_MISSING', `${what}: set both, or neither.`)
}

/** One broker that answers is enough; the client learns of the others from it. */
async function probeAny(brokers: readonly string[]): Promise<void> {
  await Promise.any(brokers.map((broker) => probeKafka(...addressOf(broker), probeTimeoutMs))).catch(
    (error: AggregateError) => {
      throw toError(error.errors[0])
    },
  )
}

function addressOf(broker: string): [host: string, port: number] {
  const colon = broker.lastIndexOf(':')
  const port = Number(broker.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RelayError('REAL_PARTS_MISSING', `REGISTRY_RELAY_BROKERS: "${broker}" is not HOST:PORT`)
  }
  return [broker.slice(0, colon).replace(/^\[|\]$/g, ''), port]
}

async function answering(options: WayOptions, who: string, probe: () => Promise<void>): Promise<void> {
  const { clock } = options
  const began = clock.monotonic()
  for (;;) {
    try {
      return await probe()
    } catch (error) {
      if (error instanceof RelayError) throw error
      if (clock.monotonic() - began > patienceMs) {
        throw new RelayError('REAL_PARTS_FAILED', `${who} does not answer: ${toError(error).message}`)
      }
    }
    await sleep(clock, probeEveryMs)
  }
}

/** A server of somebody else: there is nothing to stop, and nothing that we may break. */
function givenServer(name: string): LocalServer {
  const refuse = (what: string): RelayError =>
    new RelayError(
      'REAL_PARTS_MISSING',
      `cannot ${what} ${name}: it was given by its address, this process does not run it`,
    )
  return {
    name,
    version: 'unknown',
    logs: () => '',
    start: async () => {},
    stop: async () => {},
    kill: async () => {
      throw refuse('kill')
    },
    pause() {
      throw refuse('pause')
    },
    resume() {
      throw refuse('resume')
    },
  }
}
