import * as zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { RelayError } from '../../errors.ts'

/** `zstd` needs a Node.js that has it (22.15 or later). */
export type Compression = 'none' | 'gzip' | 'zstd'

type Callback = (error: Error | null, result: Buffer) => void

/** Not in the types of the oldest Node.js we run on, and not in that Node.js either. */
interface MaybeZstd {
  readonly zstdCompress?: (data: Buffer, options: object, done: Callback) => void
  readonly zstdDecompress?: (data: Buffer, done: Callback) => void
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}

const { zstdCompress, zstdDecompress, constants } = zlib as unknown as MaybeZstd

/**
 * kafkajs's number for a compression. For zstd it registers the codec, which kafkajs does not bring.
 *
 * @throws RelayError CONFIG_INVALID where this Node.js has no zstd
 */
export function compressionType(compression: Compression): kafkajs.CompressionTypes {
  if (compression === 'none') return kafkajs.CompressionTypes.None
  if (compression === 'gzip') return kafkajs.CompressionTypes.GZIP
  if (!registerZstd()) {
    throw new RelayError('CONFIG_INVALID', 'compression zstd needs Node.js 22.15 or later; use gzip or none')
  }
  return kafkajs.CompressionTypes.ZSTD
}

/** Teaches kafkajs zstd, for reading too. False where this Node.js has none. */
export function registerZstd(): boolean {
  if (zstdCompress === undefined || zstdDecompress === undefined) return false
  const level = constants.ZSTD_c_compressionLevel
  // Level 1: on batches of events it is twice as fast as level 3 and no larger.
  const options = level === undefined ? {} : { params: { [level]: 1 } }
  const codec = {
    compress: (encoder: { buffer: Buffer }): Promise<Buffer> =>
      settle((done) => zstdCompress(encoder.buffer, options, done)),
    decompress: (data: Buffer): Promise<Buffer> => settle((done) => zstdDecompress(data, done)),
  }
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => codec
  return true
}

function settle(run: (done: Callback) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}
