import { askKafka, correlationId, kafkaRequest } from './kafka-probe.ts'

/** Metadata, version 1, for an array of no topic: who is in the cluster. */
export function metadataRequest(): Buffer {
  return kafkaRequest(3, 1, 4)
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
