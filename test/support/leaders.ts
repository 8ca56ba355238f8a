import { connect } from 'node:net'
import kafkajs from 'kafkajs'
import { int16, int32 } from './kafka-bytes.ts'
import { until } from './until.ts'

/**
 * Makes a broker the leader of a partition: first in the list of replicas, then, once it is in sync, chosen as the
 * preferred one. It must have a replica.
 *
 * @param address of any broker, on a listener without TLS and SASL
 */
export async function moveLeader(
  address: string,
  { topic, partition, to }: { topic: string; partition: number; to: number },
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)
    const others = (found?.replicas ?? []).filter((replica) => replica !== to)
    await admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition, replicas: [to, ...others] }] }],
    })
    // 84: it leads already. 80: it is not in sync, which may be yet to come.
    let code = 80
    await until(
      async () => {
        code = await electPreferredLeader(address, topic, partition)
        return code !== 80
      },
      { what: () => `broker ${to} is not in sync with ${topic}/${partition}` },
    )
    if (code !== 0 && code !== 84)
      throw new Error(`electing a leader of ${topic}/${partition}: error ${code}`)
  } finally {
    await admin.disconnect()
  }
}

/** By hand: kafkajs has no such request, and the tool for it is not in the broker's jars. */
async function electPreferredLeader(address: string, topic: string, partition: number): Promise<number> {
  const [host, port] = address.split(':')
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect({ host: String(host), port: Number(port) })
    let bytes = Buffer.alloc(0)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`${address} closed the connection`)))
    socket.once('connect', () => socket.write(electLeadersRequest(topic, partition)))
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE(0)) return
      resolve(bytes)
      socket.destroy()
    })
  })
  // int32 length, int32 correlation id, int32 throttle time, int16 error code; then one topic with one partition:
  // int32 count, string, int32 count, int32 partition, int16 error code.
  return answer.readInt16BE(12) || answer.readInt16BE(14 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4)
}

/** ElectLeaders, version 1: type 0 is the preferred replica; a time-out of 10 s. */
function electLeadersRequest(topic: string, partition: number): Buffer {
  const name = Buffer.from(topic)
  const header = Buffer.alloc(10)
  header.writeInt16BE(43, 0)
  header.writeInt16BE(1, 2)
  header.writeInt16BE(-1, 8)
  const body = [
    Buffer.from([0]),
    int32(1),
    int16(name.length),
    name,
    int32(1),
    int32(partition),
    int32(10_000),
  ]
  const request = Buffer.concat([header, ...body])
  return Buffer.concat([int32(request.length), request])
}
