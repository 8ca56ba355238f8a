import type kafkajs from 'kafkajs'
import type { Leaders, OnLeaders } from '../producer-port.ts'

/** In the message of an error that is thrown only to look at metadata; the log adapter keeps it out of the log. */
export const leaderProbe = 'looking for partition leaders'
/** In the message of the error that stops a send before anything is sent. */
export const nothingSent = 'nothing was sent'

/** What the partitioner is to do with the messages of one send. */
export type Instruction =
  | { readonly kind: 'produce'; readonly broker: number; readonly partitions: readonly number[] }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'look' }

/** A kafkajs message that carries the instruction of its send to the partitioner. */
export interface InstructedMessage extends kafkajs.Message {
  readonly instruction: Instruction
}

/** Thrown out of a send whose broker does not lead all its partitions in the metadata that the send would use. */
export class LeaderMoved extends Error {
  override readonly name = 'LeaderMoved'
  /** For kafkajs: do not try again; the lanes decide. */
  readonly retriable = false
}

class Probe extends Error {
  override readonly name: string
  readonly retriable = false

  constructor(name: string) {
    super(leaderProbe)
    this.name = name
  }
}

type Metadata = readonly kafkajs.PartitionMetadata[]

/**
 * The partitioner as a guard. kafkajs calls it for every message of every attempt with the very metadata whose leaders
 * that attempt then uses (no await lies between), and an error thrown here stops the attempt before any request is made.
 *
 * Why a send must not span two brokers: its promise rejects when the first broker fails, while the request to the other
 * is still under way and keeps its sequence numbers. A repeat then takes new numbers, and the other broker stores its
 * batch twice, or is skipped as "already answered" and stores nothing, with the send resolved. With one broker per
 * send the promise settles after that request, so rejected means that the numbers were taken back.
 */
export class PartitionGuard {
  readonly #onLeaders: OnLeaders
  #seen: Metadata | undefined
  #leaders: Leaders = new Map()
  /** The instruction of the last message and the metadata it was checked with: one check per attempt, not per message. */
  #checked: { instruction: Instruction; metadata: Metadata } | undefined

  constructor(onLeaders: OnLeaders) {
    this.#onLeaders = onLeaders
  }

  /** True once any metadata of the topic was seen. */
  get informed(): boolean {
    return this.#seen !== undefined
  }

  readonly partition = ({ partitionMetadata, message }: kafkajs.PartitionerArgs): number => {
    this.#see(partitionMetadata)
    const { instruction, partition } = message as InstructedMessage
    switch (instruction.kind) {
      case 'produce':
        if (partition === undefined) throw new LeaderMoved(`a record has no partition; ${nothingSent}`)
        this.#check(instruction, partitionMetadata)
        return partition
      case 'refresh':
        // kafkajs refreshes metadata after an error of this name, and after a request time-out it does not.
        throw new Probe('KafkaJSMetadataNotLoaded')
      case 'look':
        throw new Probe('LookedAtLeaders')
    }
  }

  #check(instruction: Extract<Instruction, { kind: 'produce' }>, metadata: Metadata): void {
    if (this.#checked?.instruction === instruction && this.#checked.metadata === metadata) return
    for (const partition of instruction.partitions) {
      const leader = this.#leaders.get(partition)
      if (leader !== instruction.broker) {
        throw new LeaderMoved(
          `partition ${partition} is led by ${leader ?? 'nobody'}, not by broker ${instruction.broker}; ${nothingSent}`,
        )
      }
    }
    this.#checked = { instruction, metadata }
  }

  #see(metadata: Metadata): void {
    if (metadata === this.#seen) return
    this.#seen = metadata
    this.#leaders = new Map(
      metadata.filter(({ leader }) => leader >= 0).map(({ partitionId, leader }) => [partitionId, leader]),
    )
    this.#onLeaders(this.#leaders, metadata.length)
  }
}
