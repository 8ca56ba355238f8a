import type { Mutation } from './hostile-bodies.ts'

/** Damage below the level of JSON. */
export const byteMutations: Readonly<Record<string, Mutation>> = {
  'bit flips': ({ body, pick }) => {
    const changed = Buffer.from(body)
    for (let flips = 1 + pick.below(8); flips > 0 && changed.length > 0; flips--) {
      const at = pick.below(changed.length)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << pick.below(8)), at)
    }
    return changed
  },
  truncation: ({ body, pick }) => body.subarray(0, pick.below(body.length)),
  'lost beginning': ({ body, pick }) => body.subarray(1 + pick.below(body.length)),
  splice: ({ body, other, pick }) =>
    Buffer.concat([body.subarray(0, pick.below(body.length)), other.subarray(pick.below(other.length))]),
  'two bodies': ({ body, other }) => Buffer.concat([body, other]),
  'a span twice': ({ body, pick }) => {
    const from = pick.below(body.length)
    const to = from + 1 + pick.below(Math.min(400, body.length - from))
    return Buffer.concat([body.subarray(0, to), body.subarray(from)])
  },
  'a span missing': ({ body, pick }) => {
    const from = pick.below(body.length)
    return Buffer.concat([body.subarray(0, from), body.subarray(from + 1 + pick.below(60))])
  },
  'random bytes inside': ({ body, pick }) =>
    inserted(body, pick.below(body.length), pick.bytes(1 + pick.below(20))),
  'random bytes only': ({ pick }) => pick.bytes(pick.below(2_000)),
  'byte order mark': ({ body }) => Buffer.concat([Buffer.from('\ufeff'), body]),
  'UTF-16': ({ body, pick }) => {
    const units = Buffer.from(`${pick.chance(0.5) ? '\ufeff' : ''}${body.toString()}`, 'utf16le')
    return pick.chance(0.5) ? units : units.swap16()
  },
  'a NUL byte': ({ body, pick }) => inserted(body, pick.below(body.length), Buffer.from([0])),
  'a surrogate as bytes': ({ body, pick }) =>
    inserted(
      body,
      pick.below(body.length),
      Buffer.from([0xed, 0xa0 + pick.below(0x20), 0x80 + pick.below(0x40)]),
    ),
  'overlong UTF-8': ({ body, pick }) =>
    inserted(body, pick.below(body.length), Buffer.from([0xc0, 0x80 + pick.below(0x40)])),
  'a control byte': ({ body, pick }) =>
    inserted(body, pick.below(body.length), Buffer.from([pick.below(32)])),
  'a large tail': ({ body, pick }) =>
    pick.chance(0.1)
      ? Buffer.concat([body, Buffer.alloc(pick.below(1_500_000), ' ')])
      : Buffer.concat([body, pick.bytes(3)]),
}

function inserted(body: Buffer, at: number, bytes: Buffer): Buffer {
  return Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)])
}
