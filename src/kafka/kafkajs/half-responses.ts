import { toError } from '../../errors.ts'

/** Of kafkajs: one for each broker, and used again for each connection to it. */
export interface KafkajsConnection {
  readonly socket: { destroy(error: Error): void }
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  isConnected(): boolean
  connect(): Promise<unknown>
  processData(bytes: Buffer): void
}

const lengthBytes = 4

/**
 * What a connection had of a response when it ended stays, and is put in front of what the next connection reads: lengths are
 * then misread, and every request to that broker times out until the process ends. Nothing can follow a half response, so
 * it is forgotten.
 *
 * Bytes that cannot be read are thrown out of the socket's own event, which ends the process. They end the connection instead.
 */
export function forgetHalfResponses(connection: KafkajsConnection): void {
  const { connect, processData } = connection
  connection.connect = function (this: KafkajsConnection): Promise<unknown> {
    if (!this.isConnected()) {
      this.chunks = []
      this.bytesBuffered = 0
      this.bytesNeeded = lengthBytes
    }
    return connect.call(this)
  }
  connection.processData = function (this: KafkajsConnection, bytes: Buffer): void {
    try {
      processData.call(this, bytes)
    } catch (error) {
      this.socket.destroy(toError(error))
    }
  }
}
