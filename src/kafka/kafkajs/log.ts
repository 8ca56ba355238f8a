import kafkajs from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { RepeatFilter } from '../../repeat-filter.ts'
import type { Facts, Logger } from '../../telemetry.ts'
import { leaderProbe, nothingSent } from './partition-guard.ts'

/** What kafkajs reports as an error there is tried again by it or by us, and told about by the one who tries. */
const retriedNamespaces: ReadonlySet<string> = new Set([
  'Broker',
  'BrokerPool',
  'Cluster',
  'Connection',
  'Producer',
  'RequestQueue',
  'Runner',
])

/**
 * What we tell too, with what it means: that connecting fails, that a request does, that a consumer begins, ends or reads anew.
 * Or what happens at every turn of its flow control.
 */
const toldElsewhere = new RegExp(
  `^(${[
    'Crash: ',
    'Consumer has joined the group$',
    'Failed to connect to (seed )?broker, ',
    'Offset out of range, resetting ',
    'Pausing fetching from ',
    'Response \\w+\\(',
    'Resuming fetching from ',
    'Starting$',
    'Stopped$',
    'consumer not running, exiting$',
  ].join('|')})`,
)

/** Said at level error though nothing is wrong: a group rebalances, or a broker has just started. */
const ordinary =
  /rejoin is needed|rebalanc|coordinator is loading|coordinator is not available|member id is required/i

type Level = 'debug' | 'info' | 'warn' | 'error'

/**
 * kafkajs's log through ours: levels by what it means for the relay, its own time stamp and logger name dropped,
 * repetitions counted instead of written (`repeated` says how many were left out before).
 */
export function kafkajsLog(logger: Logger, clock: Clock): kafkajs.logCreator {
  const filter = new RepeatFilter(clock)

  return () => (entry) => {
    const { message, timestamp: _timestamp, logger: _logger, error, stack, ...extra } = entry.log
    const level = levelOf(entry, message, error)
    if (level === 'debug') {
      logger.debug({ client: entry.namespace, ...extra, ...reason(error) }, message)
      return
    }
    const repeated = filter.pass(`${entry.namespace}|${message}|${String(error)}|${String(extra['broker'])}`)
    if (repeated === undefined) return
    const facts: Facts = {
      client: entry.namespace,
      ...extra,
      ...reason(error),
      ...(level === 'error' && stack !== undefined ? { stack } : {}),
      ...(repeated > 0 ? { repeated } : {}),
    }
    logger[level](facts, message)
  }
}

function levelOf(entry: kafkajs.LogEntry, message: string, error: unknown): Level {
  // Thrown by our partition guard, to look or to stop: the lanes tell what there is to tell.
  if (message.includes(leaderProbe) || message.includes(nothingSent)) return 'debug'
  if (toldElsewhere.test(message)) return 'debug'
  switch (entry.level) {
    case kafkajs.logLevel.ERROR:
      if (ordinary.test(message) || ordinary.test(String(error))) return 'info'
      return retriedNamespaces.has(entry.namespace) ? 'warn' : 'error'
    case kafkajs.logLevel.WARN:
      return ordinary.test(message) ? 'info' : 'warn'
    case kafkajs.logLevel.INFO:
      return 'info'
    default:
      return 'debug'
  }
}

/** kafkajs puts a message, an Error or nothing there. */
function reason(error: unknown): Facts {
  if (error === undefined) return {}
  return error instanceof Error ? { err: error } : { reason: String(error) }
}
