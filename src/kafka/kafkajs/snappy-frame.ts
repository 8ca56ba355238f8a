/** Snappy on one piece of bytes, without any frame. */
export interface Blocks {
  compress(data: Buffer): Promise<Buffer>
  uncompress(data: Buffer): Promise<Buffer>
}

/** `\x82SNAPPY\0`, version 1, readable from version 1 on. */
const header = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex')
const magicBytes = 8

/**
 * The frame of snappy-java, in which Java's clients write batches: the header, then blocks, each behind its length. Every
 * reader of Kafka takes it. The whole is one block: more only make it longer where nothing can be compressed.
 */
export async function frameBlocks(data: Buffer, { compress }: Blocks): Promise<Buffer> {
  const block = await compress(data)
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(block.length)
  return Buffer.concat([header, length, block])
}

/** Of what Java wrote, and of one bare block, which is how the clients of other languages write a batch. */
export async function unframeBlocks(data: Buffer, { uncompress }: Blocks): Promise<Buffer> {
  if (!data.subarray(0, magicBytes).equals(header.subarray(0, magicBytes))) return uncompress(data)
  const blocks: Promise<Buffer>[] = []
  for (let at = header.length; at < data.length; ) {
    const begin = at + 4
    at = begin + data.readUInt32BE(at)
    if (at > data.length)
      throw new RangeError(`a block of snappy ends at ${at}, after the batch (${data.length})`)
    blocks.push(uncompress(data.subarray(begin, at)))
  }
  return Buffer.concat(await Promise.all(blocks))
}
