import { createRequire } from 'node:module'

/** What this package uses of kafkajs's encoder and decoder. */
export interface Encoder {
  writeNullableArray(values: readonly string[]): Encoder
  writeArray(values: readonly string[]): Encoder
  writeBoolean(value: boolean): Encoder
}

export interface Decoder {
  readInt16(): number
  readInt32(): number
  readString(): string | null
  readBoolean(): boolean
  readBytes(): Buffer | null
  readArray<T>(read: (decoder: Decoder) => T): T[]
}

const require = createRequire(import.meta.url)
export const Encoder: new () => Encoder = require('kafkajs/src/protocol/encoder')
export const Decoder: new (bytes: Buffer) => Decoder = require('kafkajs/src/protocol/decoder')

/** As a connection of kafkajs takes it. */
export interface ProtocolRequest<T> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly encode: () => Promise<Encoder>
  }
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<T>
    readonly parse: (answer: T) => Promise<T>
  }
}
