import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { isRelayError, RelayError, toError } from '../../errors.ts'
import { type Blocks, frameBlocks, unframeBlocks } from './snappy-frame.ts'

/** As kafkajs calls them: with an encoder of the records of a batch, and with what the batch holds. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(data: Buffer): Promise<Buffer>
}

/** Compressions that kafkajs knows of and leaves to others. */
export type CodecName = 'zstd' | 'snappy' | 'lz4'

/** `zstd` needs a Node.js that has it (22.15 or later), `snappy` the package `snappy`, `lz4` the package `lz4-napi`. */
export type Compression = 'none' | 'gzip' | CodecName

export type LoadPackage = (name: string) => unknown

/** By `require`: codecs are asked for in the middle of things that cannot wait. */
export const loadPackage: LoadPackage = createRequire(import.meta.url)

/** @throws RelayError CONFIG_INVALID saying what to install */
export const codecMakers: Readonly<Record<CodecName, (load: LoadPackage) => Codec>> = {
  zstd: zstdCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
}

/**
 * The codec of a compression that is written, `undefined` where kafkajs has its own. Of what is written the configuration
 * decides, and is named; of what is read it does not.
 *
 * @throws RelayError CONFIG_INVALID beginning with `kafka.compression` and saying what is missing
 */
export function codecToWrite(compression: Compression, load: LoadPackage = loadPackage): Codec | undefined {
  if (compression === 'none' || compression === 'gzip') return undefined
  try {
    return codecMakers[compression](load)
  } catch (error) {
    if (!isRelayError(error, 'CONFIG_INVALID')) throw error
    throw new RelayError('CONFIG_INVALID', `kafka.${error.message}`, { cause: error })
  }
}

type Callback = (error: Error | null, result: Buffer) => void

/** Not in the types of the oldest Node.js we run on, and not in that Node.js either. */
interface MaybeZstd {
  readonly zstdCompress?: (data: Buffer, options: object, done: Callback) => void
  readonly zstdDecompress?: (data: Buffer, done: Callback) => void
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}

function zstdCodec(): Codec {
  const { zstdCompress, zstdDecompress, constants } = zlib as unknown as MaybeZstd
  if (zstdCompress === undefined || zstdDecompress === undefined) {
    throw new RelayError('CONFIG_INVALID', 'compression zstd needs Node.js 22.15 or later; use gzip or none')
  }
  const level = constants.ZSTD_c_compressionLevel
  // Level 1: on batches of events it is twice as fast as level 3 and no larger.
  const options = level === undefined ? {} : { params: { [level]: 1 } }
  return {
    compress: ({ buffer }) => settle((done) => zstdCompress(buffer, options, done)),
    decompress: (data) => settle((done) => zstdDecompress(data, done)),
  }
}

function settle(run: (done: Callback) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

function snappyCodec(load: LoadPackage): Codec {
  const { compress, uncompress } = optional(load, 'snappy', 'snappy') as {
    compress(data: Buffer): Promise<Buffer>
    uncompress(data: Buffer, options: { readonly asBuffer: true }): Promise<Buffer>
  }
  const blocks: Blocks = {
    compress: (data) => compress(data),
    uncompress: (data) => uncompress(data, { asBuffer: true }),
  }
  return {
    compress: ({ buffer }) => frameBlocks(buffer, blocks),
    decompress: (data) => unframeBlocks(data, blocks),
  }
}

/** Frames of independent blocks, the only ones that Java reads. */
function lz4Codec(load: LoadPackage): Codec {
  const { compressFrame, decompressFrame } = optional(load, 'lz4', 'lz4-napi') as {
    compressFrame(data: Buffer): Promise<Buffer>
    decompressFrame(data: Buffer): Promise<Buffer>
  }
  return {
    compress: ({ buffer }) => compressFrame(buffer),
    decompress: (data) => decompressFrame(data),
  }
}

/** Not for everybody: each brings compiled code for the machine, and most topics are not compressed like that. */
function optional(load: LoadPackage, codec: CodecName, name: string): unknown {
  try {
    return load(name)
  } catch (cause) {
    const missing = (cause as { readonly code?: unknown }).code === 'MODULE_NOT_FOUND'
    const why = missing ? 'is not installed' : `does not load: ${toError(cause).message}`
    throw new RelayError(
      'CONFIG_INVALID',
      `compression ${codec} needs the package ${name}, which ${why}; npm install ${name}`,
      { cause },
    )
  }
}
