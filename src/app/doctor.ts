import { SchemaRegistryClient } from '../avro/schema-registry.ts'
import { systemClock } from '../clock.ts'
import type { ConfigRemark } from '../config/advice.ts'
import type { Config } from '../config/config.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { KafkaRights } from '../kafka/kafkajs/rights.ts'
import type { Check, CheckResult, DoctorPart } from '../operations/doctor/check.ts'
import { clockCheck, type SeenClock } from '../operations/doctor/clock-check.ts'
import { configCheck } from '../operations/doctor/config-check.ts'
import { endpointChecks } from '../operations/doctor/endpoint-checks.ts'
import { kafkaChecks } from '../operations/doctor/kafka-checks.ts'
import { listenChecks } from '../operations/doctor/listen-checks.ts'
import { once } from '../operations/doctor/once.ts'
import { processChecks } from '../operations/doctor/process-checks.ts'
import type { Reach } from '../operations/doctor/reach.ts'
import { rightsCheck } from '../operations/doctor/rights-check.ts'
import { runChecks, selectChecks } from '../operations/doctor/run-checks.ts'
import { schemaChecks } from '../operations/doctor/schema-checks.ts'
import { spoolChecks } from '../operations/doctor/spool-checks.ts'
import { topicsCheck } from '../operations/doctor/topics-check.ts'
import { nodeDisk } from '../spool/node-disk.ts'
import { nodeProcesses } from '../spool/node-processes.ts'
import { noTelemetry } from '../telemetry.ts'
import { certificateOf, identityOf, principalOf } from './doctor-facts.ts'
import { thisMachine } from './doctor-machine.ts'
import { type DoctorServices, needsOf } from './doctor-needs.ts'
import { networkReach } from './doctor-network.ts'
import { brokerTargets, endpointTarget, registryTargets, tokenTarget } from './doctor-targets.ts'
import { closeSoon, openAdmin } from './kafka-admin.ts'
import { kafkaOptions, schemaRegistryOptions } from './settings.ts'
import { rolesOf } from './topic-roles.ts'

export interface DoctorOptions {
  readonly services: DoctorServices
  /** Default: all. Those that a part needs are run too. */
  readonly parts?: ReadonlySet<DoctorPart> | undefined
  /** For each check. Six that need one another are the longest way, with tokens for Kafka. */
  readonly timeoutMs: number
  /** How the configuration is named, for people. */
  readonly source: string
  /** What is worth knowing about it. */
  readonly remarks: readonly ConfigRemark[]
  /** How it is named on a command line; in front of it a space. */
  readonly configOption: string
  readonly onResult: (result: CheckResult) => void
}

/** A way in the network has up to four steps. */
const maxStepMs = 3_000

/**
 * Looks at everything that a relay with this configuration needs, and changes nothing.
 *
 * @throws RelayError CONFIG_INVALID naming the key whose file cannot be read or used
 */
export async function runDoctor(config: Config, options: DoctorOptions): Promise<readonly CheckResult[]> {
  const { services, timeoutMs, parts, onResult } = options
  const kafka = {
    ...kafkaOptions(config.kafka),
    connectionTimeoutMs: Math.min(config.kafka.connectionTimeoutMs ?? timeoutMs, timeoutMs),
    requestTimeoutMs: Math.min(config.kafka.requestTimeoutMs, timeoutMs),
  }
  const registry = schemaRegistryOptions(config.schemaRegistry)
  const rights = new KafkaRights(createKafka(kafka, noTelemetry))
  const admin = openAdmin(kafka)
  const client = new SchemaRegistryClient({ ...registry, attempts: 1 })
  const clocks: SeenClock[] = []
  const reach = noteClocks(networkReach(Math.min(maxStepMs, timeoutMs / 2)), clocks)
  const now = (): number => systemClock.now()
  const rightsOnTopics = once(() =>
    rights.onTopics([
      ...new Set(needs.flatMap(({ kind, resource }) => (kind === 'topic' ? [resource] : []))),
    ]),
  )
  const needs = needsOf(config, services)
  const [bootstrap = ''] = config.kafka.brokers
  const shared = { reach, now, configOption: options.configOption }
  const others: Check[] = [
    configCheck(options.source, options.remarks),
    ...processChecks(config, thisMachine),
    ...kafkaChecks({
      ...shared,
      brokers: brokerTargets(kafka),
      tokens: tokenTarget(config.kafka),
      identity: identityOf(config.kafka),
      replicationFactor: config.topics.replicationFactor,
      cluster: { brokers: once(() => rights.brokers()) },
    }),
    topicsCheck({ ...shared, config, roles: rolesOf(services), admin, rightsOnTopics }),
    rightsCheck({
      needs,
      rights,
      rightsOnTopics,
      produces: services.gateway,
      principal: principalOf(config.kafka),
      bootstrap,
    }),
    ...schemaChecks({ ...shared, config, servers: registryTargets(registry), client: () => client }),
    ...(services.gateway && config.gateway.ackMode === 'spool'
      ? spoolChecks({
          spool: config.spool,
          ackBudgetMs: config.gateway.ackBudgetMs,
          disk: nodeDisk,
          processes: nodeProcesses,
          machine: thisMachine,
          now,
        })
      : []),
    ...listenChecks({
      config,
      services,
      machine: thisMachine,
      certificate: certificateOf(config),
      now,
    }),
    ...(services.bridge ? endpointChecks(config.bridge.endpoints.map(endpointTarget), reach, now) : []),
  ]
  const askedByHttp = others
    .filter(
      ({ name, part }) => part === 'endpoints' || name === 'schema registry' || name === 'token endpoint',
    )
    .map(({ name }) => name)
  const checks = selectChecks([...others, clockCheck(askedByHttp, () => clocks)], parts)
  try {
    return await runChecks(checks, { clock: systemClock, timeoutMs, onResult })
  } finally {
    client.close()
    await closeSoon([rights, admin])
  }
}

/** Remembers whose clock was seen on the way. */
function noteClocks(reach: Reach, clocks: SeenClock[]): Reach {
  return async (target) => {
    const found = await reach(target)
    const aheadMs = found.reached ? found.http?.clockAheadMs : undefined
    if (aheadMs !== undefined) clocks.push({ where: `${target.host}:${target.port}`, aheadMs })
    return found
  }
}
