import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { kafkajsLog } from '../../../../src/kafka/kafkajs/log.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { RecordingTelemetry } from '../../topic-bridge/bridge-support.ts'

const { ERROR, WARN, INFO } = kafkajs.logLevel

for (const [namespace, level, message, expected] of [
  ['Consumer', ERROR, 'Crash: KafkaJSConnectionError: Closed connection', 'debug'],
  ['ConsumerGroup', INFO, 'Consumer has joined the group', 'debug'],
  ['ConsumerGroup', INFO, 'Pausing fetching from 1 topics', 'debug'],
  ['Runner', WARN, 'The group is rebalancing, re-joining', 'info'],
  ['Runner', ERROR, 'The coordinator is not aware of this member, re-joining the group', 'warn'],
  ['ConsumerGroup', ERROR, 'Offset out of range, resetting to default offset', 'debug'],
  ['Connection', ERROR, 'Response JoinGroup(key: 11): The coordinator is loading', 'debug'],
  ['Connection', ERROR, 'Response Metadata(key: 3): The topic is not known', 'debug'],
  ['RequestQueue', WARN, 'Response without match', 'warn'],
  ['Connection', ERROR, 'Connection error: connect ECONNREFUSED', 'warn'],
  ['BrokerPool', ERROR, 'Failed to connect to seed broker, trying another broker from the list: x', 'debug'],
  ['Consumer', INFO, 'Starting', 'debug'],
  ['Consumer', INFO, 'Stopped', 'debug'],
  ['Runner', INFO, 'consumer not running, exiting', 'debug'],
] as const) {
  test(`kafkajs's "${message}" is logged at ${expected}`, () => {
    const telemetry = new RecordingTelemetry()
    const log = kafkajsLog(telemetry.logger, new ManualClock())(kafkajs.logLevel.INFO)
    log({ namespace, level, label: '', log: { timestamp: '', message } })
    assert.deepEqual(
      telemetry.lines.map((line) => [line.level, line.message]),
      [[expected, message]],
    )
  })
}
