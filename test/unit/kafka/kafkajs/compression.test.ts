import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import * as zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { isRelayError } from '../../../../src/errors.ts'
import {
  type Codec,
  type Compression,
  codecMakers,
  loadPackage,
} from '../../../../src/kafka/kafkajs/codecs.ts'
import {
  compressionGrowth,
  compressionType,
  registerCodecs,
} from '../../../../src/kafka/kafkajs/compression.ts'

/** As kafkajs finds it in a batch. */
function codecOf(type: kafkajs.CompressionTypes): Codec {
  return (kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>)[type]?.() as Codec
}

function missing(name: string): never {
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
}

const nodeHasZstd = 'zstdCompress' in zlib
const usable: readonly Compression[] = ['gzip', 'snappy', 'lz4', ...(nodeHasZstd ? (['zstd'] as const) : [])]
// What a batch may be: empty, small, larger than any block, and what nothing can make smaller.
const contents = [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.from('registry event '.repeat(100_000)),
  randomBytes(2 * 1024 * 1024),
  Buffer.from(`before${'x'.repeat(1_000)}`).subarray(6),
]

after(() => registerCodecs())

test('the numbers are those of the Kafka protocol', () => {
  const numbers = (['none', ...usable] as const).map((name) => [name, compressionType(name)])
  assert.deepEqual(Object.fromEntries(numbers), {
    none: 0,
    gzip: 1,
    snappy: 2,
    lz4: 3,
    ...(nodeHasZstd ? { zstd: 4 } : {}),
  })
})

for (const name of usable) {
  test(`${name} gives back what it was given, and grows by no more than it says`, async () => {
    const codec = codecOf(compressionType(name))
    for (const content of contents) {
      const packed = await codec.compress({ buffer: content })
      assert.deepEqual(await codec.decompress(packed), content)
      assert.ok(packed.length - content.length <= compressionGrowth(name, content.length) + 64)
    }
    const repeated = Buffer.from('registry event '.repeat(1_000))
    assert.ok((await codec.compress({ buffer: repeated })).length < repeated.length / 5)
  })
}

test('zstd where Node.js has none is refused with the version that has it', () => {
  if (nodeHasZstd) {
    assert.equal(compressionType('zstd'), 4)
    return
  }
  assert.throws(
    () => compressionType('zstd'),
    (error) =>
      isRelayError(error, 'CONFIG_INVALID') &&
      /^kafka\.compression zstd needs Node\.js 22\.15/.test(error.message),
  )
})

test('a package that is not installed is named at the start, with what to do', () => {
  for (const [name, installed] of [
    ['snappy', 'snappy'],
    ['lz4', 'lz4-napi'],
  ] as const) {
    assert.throws(
      () => compressionType(name, missing),
      (error) =>
        isRelayError(error, 'CONFIG_INVALID') &&
        error.message.startsWith(`kafka.compression ${name} needs`) &&
        error.message.endsWith(`npm install ${installed}`),
    )
  }
})

test('a package that is there and does not load says why', () => {
  const broken = (): never => {
    throw new Error('no binary for this machine')
  }
  assert.throws(() => compressionType('lz4', broken), /does not load: no binary for this machine/)
})

test('batches in a compression that cannot be had are an error that says what to install, and only when one comes', () => {
  registerCodecs(missing)
  for (const type of [2, 3] as const) {
    assert.throws(
      () => codecOf(type),
      (error) => isRelayError(error, 'CONFIG_INVALID') && /^compression .*npm install/.test(error.message),
    )
  }
  registerCodecs()
  assert.ok(codecOf(2))
})

test('a package is loaded once, at the first batch that needs it', () => {
  const loaded: string[] = []
  registerCodecs((name) => {
    loaded.push(name)
    return loadPackage(name)
  })
  assert.deepEqual(loaded, [])
  for (const type of [2, 3, 2, 3]) codecOf(type)
  assert.deepEqual(loaded, ['snappy', 'lz4-napi'])
})

test('snappy reads the blocks of Java and the bare block of other clients', async () => {
  const { compress } = loadPackage('snappy') as { compress(data: Buffer): Promise<Buffer> }
  const codec = codecMakers.snappy(loadPackage)
  const texts = ['first '.repeat(100), 'second '.repeat(100)]
  const blocks = await Promise.all(texts.map((text) => compress(Buffer.from(text))))
  const framed: Buffer[] = [Buffer.from('82534e41505059000000000100000001', 'hex')]
  for (const block of blocks) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    framed.push(length, block)
  }
  assert.equal(String(await codec.decompress(Buffer.concat(framed))), texts.join(''))
  assert.equal(String(await codec.decompress(blocks[0] as Buffer)), texts[0])
  const cut = Buffer.concat(framed).subarray(0, -1)
  await assert.rejects(codec.decompress(cut), RangeError)
})
