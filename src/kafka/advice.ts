import { classify, rootCause } from './classify.ts'

/** What a person can do, by the names that Kafka's protocol gives its errors and the client its own. */
const advice: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'Create the topic (registry-relay topics apply does): publishing never does.',
  INVALID_TOPIC_EXCEPTION: 'Choose a name that Kafka allows for a topic.',
  TOPIC_AUTHORIZATION_FAILED: 'Grant this user WRITE and DESCRIBE on the topic.',
  CLUSTER_AUTHORIZATION_FAILED: 'Grant this user IDEMPOTENT_WRITE on the cluster.',
  SASL_AUTHENTICATION_FAILED: 'Check user name and password.',
  KafkaJSSASLAuthenticationError:
    'Check the credentials: user name and password, or the token and whom it is for.',
  ILLEGAL_SASL_STATE: 'This listener of the broker has no SASL: leave it out, or choose another listener.',
  UNSUPPORTED_SASL_MECHANISM: 'Choose a SASL mechanism that this listener of the broker offers.',
  UNSUPPORTED_COMPRESSION_TYPE: 'Choose a compression that the brokers know.',
  UNSUPPORTED_FOR_MESSAGE_FORMAT:
    'Remove log.message.format.version from the topic: its records have no headers.',
  UNSUPPORTED_VERSION: 'Brokers must be of Kafka 2.1 or later.',
  KafkaJSServerDoesNotSupportApiKey: 'Brokers must be of Kafka 2.1 or later.',
  POLICY_VIOLATION: 'Ask those who run the brokers: a policy of theirs refuses this.',
  INVALID_REQUIRED_ACKS:
    'Ask those who run the brokers: they take no record with the acknowledgement of all replicas.',
}

const tlsAdvice = 'Check the CA, the certificate and the host name that TLS is set up with.'
const configurationAdvice = 'Check topic, credentials and ACLs.'
const waitingAdvice = 'Check that the brokers run and can be reached; it goes on trying.'

/** One sentence for whoever reads why nothing is published. */
export function adviceFor(error: Error): string {
  const root = rootCause(error)
  const { type, code } = root as Error & { readonly type?: unknown; readonly code?: unknown }
  const known = [type, root.name].find((name) => typeof name === 'string' && Object.hasOwn(advice, name))
  if (known !== undefined) return advice[String(known)] as string
  if (classify(root) !== 'configuration') return waitingAdvice
  return typeof code === 'string' ? tlsAdvice : configurationAdvice
}
