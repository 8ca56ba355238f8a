import { withWatchedAdmin } from '../app/kafka-admin.ts'
import { loadConfig } from '../config/load.ts'
import { createMissingTopics, planTopics, type TopicsPlan } from '../operations/topics.ts'
import { type ConfigOptions, configSource } from './config-options.ts'
import { exitCode } from './failure.ts'
import { tellWait } from './kafka-wait.ts'
import { namedCommands } from './named-commands.ts'
import { applyText, planText } from './topics-human.ts'

export interface TopicsCommandOptions extends ConfigOptions {
  readonly json?: boolean
}

/** `registry-relay topics plan`. */
export async function topicsPlan(options: TopicsCommandOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const plan = await withWatchedAdmin(config.kafka, tellWait, (admin) => planTopics(config, admin))
  console.log(
    options.json === true ? planJson(plan) : namedCommands(planText(plan, config.kafka.brokers), options),
  )
  return plan.asWanted ? exitCode.success : exitCode.failure
}

/** `registry-relay topics apply`. */
export async function topicsApply(options: TopicsCommandOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const report = await withWatchedAdmin(config.kafka, tellWait, (admin) => createMissingTopics(config, admin))
  const { created, existing, findings } = report
  console.log(
    options.json === true
      ? JSON.stringify({ created, existing, findings }, undefined, 2)
      : namedCommands(applyText(report, config.kafka.brokers), options),
  )
  return exitCode.success
}

function planJson({ brokers, asWanted, topics, remarks }: TopicsPlan): string {
  const rows = topics.map(({ wanted, found, findings }) => ({
    ...wanted,
    found:
      found === undefined
        ? null
        : { partitions: found.partitions, replicationFactor: found.replicationFactor },
    findings,
  }))
  return JSON.stringify({ brokers, asWanted, topics: rows, remarks }, undefined, 2)
}
