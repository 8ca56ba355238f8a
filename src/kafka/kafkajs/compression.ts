import kafkajs from 'kafkajs'
import { isRelayError, RelayError } from '../../errors.ts'
import { type Codec, type CodecName, codecMakers, type LoadPackage, loadPackage } from './codecs.ts'

/** `zstd` needs a Node.js that has it (22.15 or later), `snappy` the package `snappy`, `lz4` the package `lz4-napi`. */
export type Compression = 'none' | 'gzip' | CodecName

const types: Readonly<Record<Compression, kafkajs.CompressionTypes>> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
}

/**
 * kafkajs's number for a compression that can be written here.
 *
 * @throws RelayError CONFIG_INVALID beginning with `kafka.compression` and saying what is missing
 */
export function compressionType(
  compression: Compression,
  load: LoadPackage = loadPackage,
): kafkajs.CompressionTypes {
  if (compression !== 'none' && compression !== 'gzip') register(compression, codecToWrite(compression, load))
  return types[compression]
}

/** Of what is written the configuration decides, and is named; of what is read it does not. */
function codecToWrite(name: CodecName, load: LoadPackage): Codec {
  try {
    return codecMakers[name](load)
  } catch (error) {
    if (!isRelayError(error, 'CONFIG_INVALID')) throw error
    throw new RelayError('CONFIG_INVALID', `kafka.${error.message}`, { cause: error })
  }
}

/**
 * Teaches kafkajs to read every compression that can be had here. A batch in another one ends the consumer with
 * CONFIG_INVALID, which says what to install; the group's offsets stay before it.
 */
export function registerCodecs(load: LoadPackage = loadPackage): void {
  for (const name of ['zstd', 'snappy', 'lz4'] as const) {
    let codec: Codec | undefined
    // At the first such batch: most topics never have one, and packages of compiled code are not loaded for nothing.
    kafkajs.CompressionCodecs[types[name] as 2 | 3 | 4] = () => {
      codec ??= codecMakers[name](load)
      return codec
    }
  }
}

/**
 * What compression may add to `bytes` that cannot be compressed: a length for every 32 KiB and the like. A topic's limit is
 * on what it gets, and ours on what was there before.
 */
export function compressionGrowth(compression: Compression, bytes: number): number {
  return compression === 'none' ? 0 : Math.ceil(bytes / 1_024)
}

function register(name: CodecName, codec: Codec): void {
  kafkajs.CompressionCodecs[types[name] as 2 | 3 | 4] = () => codec
}
