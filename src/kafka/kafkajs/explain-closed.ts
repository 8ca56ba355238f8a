import { RelayError } from '../../errors.ts'
import { rootCause } from '../classify.ts'
import type { KafkaConnection } from '../connection.ts'

/**
 * A broker says nothing to a client that comes without the TLS or the SASL of a listener: it closes the connection, as it
 * does when it goes down. So a first connection that fails this way says what it may be.
 */
export function explainClosed(
  client: { connect(): Promise<void> },
  connection: Pick<KafkaConnection, 'tls' | 'sasl'>,
): void {
  const lacking = [
    ...(connection.tls === false ? ['TLS'] : []),
    ...(connection.sasl === undefined ? ['SASL'] : []),
  ]
  if (lacking.length === 0) return
  const connect = client.connect.bind(client)
  client.connect = async () => {
    try {
      await connect()
    } catch (error) {
      const root = rootCause(error)
      if (root.name !== 'KafkaJSConnectionClosedError') throw error
      const broker = 'broker' in root ? String(root.broker) : 'a broker'
      throw new RelayError(
        'KAFKA_UNAVAILABLE',
        `${broker} closed the connection without a word: it is going down, or its listener wants ${lacking.join(' or ')}`,
      )
    }
  }
}
