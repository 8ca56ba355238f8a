import { connect } from 'node:net'

export const correlationId = 0x52_45_4c_41

/**
 * A request, with `body` bytes of zero behind its head: int32 length, int16 key, int16 version, int32 correlation id, nullable
 * string client id (-1 = null).
 */
export function kafkaRequest(key: number, version: number, body = 0): Buffer {
  const request = Buffer.alloc(14 + body)
  request.writeInt32BE(10 + body, 0)
  request.writeInt16BE(key, 4)
  request.writeInt16BE(version, 6)
  request.writeInt32BE(correlationId, 8)
  request.writeInt16BE(-1, 12)
  return request
}

/** ApiVersions, version 0: the one request that a broker answers whatever else it waits for, with no client library. */
export function apiVersionsRequest(): Buffer {
  return kafkaRequest(18, 0)
}

/** True when `answer` begins with our correlation id and error code 0; undefined while bytes are missing. */
export function readApiVersionsAnswer(answer: Uint8Array): boolean | undefined {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
  if (bytes.length < 10) return undefined
  return bytes.readInt32BE(4) === correlationId && bytes.readInt16BE(8) === 0
}

/**
 * Resolves when the broker answers a protocol request. A port that is open is not enough: Kafka binds it before
 * it has caught up with its metadata, and answers only when it can serve.
 */
export function probeKafka(host: string, port: number, timeoutMs: number): Promise<void> {
  return askKafka({ host, port, timeoutMs, request: apiVersionsRequest(), read: readApiVersionsAnswer })
}

export interface KafkaQuestion {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  readonly request: Buffer
  /** Undefined while bytes are missing; false when the answer is not one to the question. */
  readonly read: (answer: Buffer) => boolean | undefined
}

/** One request on a connection of its own. Rejects with the address and why there was no answer of use. */
export function askKafka({ host, port, timeoutMs, request, read }: KafkaQuestion): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    // The answer may come in pieces.
    let answer: Buffer = Buffer.alloc(0)
    const fail = (reason: string): void => {
      socket.destroy()
      reject(new Error(`${host}:${port} ${reason}`))
    }
    socket.setTimeout(timeoutMs, () => fail(`did not answer within ${timeoutMs} ms`))
    socket.once('connect', () => socket.write(request))
    socket.once('error', (error) => fail(`cannot be reached (${error.message})`))
    socket.once('close', () => fail('closed the connection without an answer'))
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      const ready = read(answer)
      if (ready === undefined) return
      if (!ready) return fail('answers, but not as a Kafka broker does')
      socket.destroy()
      resolve()
    })
  })
}
