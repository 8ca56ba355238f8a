/** Key of Produce in the protocol. */
const produceKey = 0

/** What every request begins with, and what its response is found by. */
export interface RequestHead {
  readonly isProduce: boolean
  readonly version: number
  readonly correlationId: number
}

/** Of a frame with its length in front. */
export function readRequestHead(frame: Buffer): RequestHead {
  return {
    isProduce: frame.readInt16BE(4) === produceKey,
    version: frame.readInt16BE(6),
    correlationId: frame.readInt32BE(8),
  }
}

export function readCorrelationId(response: Buffer): number {
  return response.readInt32BE(4)
}
