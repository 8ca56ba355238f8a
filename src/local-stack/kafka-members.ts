import { askKafka, correlationId } from './kafka-probe.ts'

/**
 * Metadata, version 1, for no topic: who is in the cluster. int32 length, int16 key, int16 version, int32 correlation
 * id, nullable string client id (-1 = null), array of topics (0 = none).
 */
export function metadataRequest(): Buffer {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0)
  request.writeInt16BE(3, 4)
  request.writeInt16BE(1, 6)
  request.writeInt32BE(correlationId, 8)
  request.writeInt16BE(-1, 12)
  request.writeInt32BE(0, 14)
  return request
}

/** A broker as Metadata tells of it. */
export interface Member {
  readonly id: number
  readonly host: string
  readonly port: number
}

/** The brokers in an answer; undefined while bytes are missing. Throws when the answer is not ours. */
export function readMembers(answer: Buffer): readonly Member[] | undefined {
  if (answer.length < 12 || answer.length < 4 + answer.readInt32BE(0)) return undefined
  if (answer.readInt32BE(4) !== correlationId) throw new Error('not an answer to the question')
  let at = 12
  const text = (): string => {
    const length = Math.max(0, answer.readInt16BE(at))
    at += 2 + length
    return answer.toString('utf8', at - length, at)
  }
  return Array.from({ length: answer.readInt32BE(8) }, () => {
    const id = answer.readInt32BE(at)
    at += 4
    const host = text()
    const port = answer.readInt32BE(at)
    at += 4
    // The rack.
    text()
    return { id, host, port }
  })
}

/**
 * Resolves when the broker at this port names all of `ids` as members of its cluster. Sooner it would tell clients of
 * fewer, and one that has just answered for the first time tells them of none: it is not even registered itself.
 */
export async function probeMembers(
  host: string,
  port: number,
  ids: readonly number[],
  timeoutMs: number,
): Promise<void> {
  let members: readonly Member[] | undefined
  await askKafka({
    ...{ host, port, timeoutMs, request: metadataRequest() },
    read(answer) {
      try {
        members = readMembers(answer)
        return members === undefined ? undefined : true
      } catch {
        return false
      }
    },
  })
  const missing = ids.filter((id) => !members?.some((member) => member.id === id))
  if (missing.length > 0) {
    throw new Error(`${host}:${port} answers and does not know broker ${missing.join(', ')} yet`)
  }
}
