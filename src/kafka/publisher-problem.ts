import { RelayError } from '../errors.ts'
import { adviceFor } from './advice.ts'
import { reasonOf, rootCause } from './classify.ts'
import { kafkaCode } from './kafka-fault.ts'

/** Nobody can be reached, or not as whom we say we are. */
export function connectionProblem(topic: string, error: Error): RelayError {
  return problem(kafkaCode(error), `no connection to Kafka for ${topic}`, topic, error)
}

/** The brokers answer and take nothing. */
export function refusalProblem(topic: string, error: Error): RelayError {
  return problem('KAFKA_CONFIGURATION', `Kafka refuses what is sent to ${topic}`, topic, error)
}

/** `facts`: the topic, Kafka's or the client's name of the reason, and what to do. */
function problem(
  code: 'KAFKA_CONFIGURATION' | 'KAFKA_UNAVAILABLE',
  what: string,
  topic: string,
  error: Error,
): RelayError {
  const root = rootCause(error)
  const action = adviceFor(root)
  const reason = reasonOf(root)
  // The brokers answer then, whatever was asked of them.
  const said = reason === 'UNKNOWN_TOPIC_OR_PARTITION' ? `topic ${topic} is missing` : what
  return new RelayError(code, `${said}: ${root.message}. ${action}`, {
    cause: root,
    facts: { topic, reason, action },
  })
}
