/** Numbers as Kafka's protocol writes them. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function text(value: string): Buffer {
  const content = Buffer.from(value, 'utf8')
  return Buffer.concat([int16(content.length), content])
}

/** A request or response with its length in front. */
export function frame(content: Buffer): Buffer {
  return Buffer.concat([int32(content.length), content])
}
