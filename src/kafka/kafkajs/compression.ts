import kafkajs from 'kafkajs'
import {
  type Codec,
  type Compression,
  codecMakers,
  codecToWrite,
  type LoadPackage,
  loadPackage,
} from './codecs.ts'

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
  const codec = codecToWrite(compression, load)
  if (codec !== undefined) kafkajs.CompressionCodecs[types[compression] as 2 | 3 | 4] = () => codec
  return types[compression]
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
