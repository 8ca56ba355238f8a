import type { Config } from '../config/config.ts'
import { changedKeys, sameSource, sameText } from './changed-keys.ts'

/** What another configuration means for a service that runs. */
export interface ReloadPlan {
  /** Keys that can be changed while it runs, and are to be. */
  readonly changes: readonly string[]
  /** Keys that only a restart puts into effect. */
  readonly restart: readonly string[]
  /** What is in use from then on: the other configuration, without the latter. */
  readonly config: Config
}

/** Decides what of `next` can take the place of `running`. Pure. */
export type PlanReload = (running: Config, next: Config) => ReloadPlan

/** For `serve`. */
export const planGatewayReload: PlanReload = (running, next) =>
  planOf(running, next, withGateway(running, next), [
    'kafka',
    'topics',
    'records',
    'schemaRegistry',
    'gateway',
    'spool',
    'management',
    'logging',
  ])

/** For `bridge`. */
export const planBridgeReload: PlanReload = (running, next) =>
  planOf(running, next, withBridge(running, next), [
    'kafka',
    'topics.events',
    'topics.deadLetters',
    'topics.routes',
    'topics.partitions',
    'topics.replicationFactor',
    'schemaRegistry',
    'bridge.group',
    'bridge.unknownSchemaMs',
    'bridge.endpoints',
    'bridge.disabledEndpoints',
    'management',
    'logging',
  ])

/** @param used keys that the service looks at; what else changed is none of its business */
function planOf(running: Config, next: Config, config: Config, used: readonly string[]): ReloadPlan {
  const isUsed = (key: string): boolean => used.some((one) => key === one || key.startsWith(`${one}.`))
  return {
    changes: differences(running, config).filter(isUsed),
    restart: differences(config, next).filter(isUsed),
    config,
  }
}

/**
 * Files of secrets are followed by what connects with them, and a new content of one is no change. Those of the gateway are
 * compared by what they say: to take them over costs nothing, and nobody follows that of the redaction's key.
 */
function differences(before: Config, after: Config): readonly string[] {
  const { gateway: gatewayBefore, ...others } = before
  const { gateway: gatewayAfter, ...othersAfter } = after
  return [
    ...changedKeys(others, othersAfter, sameSource),
    ...changedKeys({ gateway: gatewayBefore }, { gateway: gatewayAfter }, sameText),
  ]
}

/**
 * The limits of bodies and Envelopes are not among them: what waits for Kafka was given room for the largest of each at the
 * start. Nor is the removal of the last credentials: it opens the gateway to everybody, which nobody should do by a slip.
 */
function withGateway(running: Config, next: Config): Config {
  const { gateway } = running
  const { strict, ackBudgetMs, publisherId, credentials, ignore, redact, limits, quarantine } = next.gateway
  const { maxHeaders, bodyGraceMs, minBodyBytesPerSecond, lingerMs } = limits
  const opens = credentials.length === 0 && gateway.credentials.length > 0
  return {
    ...withLevel(running, next),
    records: { ...running.records, traceparent: next.records.traceparent },
    gateway: {
      ...gateway,
      strict,
      ackBudgetMs,
      publisherId,
      credentials: opens ? gateway.credentials : credentials,
      ignore,
      redact,
      limits: { ...gateway.limits, maxHeaders, bodyGraceMs, minBodyBytesPerSecond, lingerMs },
      quarantine: { ...gateway.quarantine, content: quarantine.content },
    },
  }
}

function withBridge(running: Config, next: Config): Config {
  const { group, unknownSchemaMs } = running.bridge
  return { ...withLevel(running, next), bridge: { ...next.bridge, group, unknownSchemaMs } }
}

function withLevel(running: Config, { logging: { level } }: Config): Config {
  return { ...running, logging: { ...running.logging, level } }
}
