import assert from 'node:assert/strict'
import type { DeliveryRequest } from '../../../src/http/deliverer.ts'
import type { CommittedOffset, ConsumedRecord, PartitionCommit } from '../../../src/kafka/consumer-port.ts'
import { completedOffsets } from '../../../src/topic-bridge/completion-map.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { bridgeBed } from './bridge-bed.ts'
import { type Answer, batchOf, record } from './bridge-support.ts'
import { ScriptedConsumer, type ScriptedPartition } from './scripted-consumer.ts'

type Member = ReturnType<typeof bridgeBed>

/** Who has a partition, and how far it has read. */
interface Holding {
  readonly member: number
  readonly held: ScriptedPartition
  position: bigint
}

/** Key of the records that the endpoint does not want. */
const dull = 'x'

/**
 * Members of one group over topics of given records, and what must hold of them whatever happens. What is broken is kept in
 * {@link faults}: an error that is thrown inside a bridge would only be one more failed attempt.
 */
export class BridgeModel {
  readonly faults: string[] = []
  readonly clock = new ManualClock()
  readonly #group = new Map<string, CommittedOffset>()
  readonly #records: readonly (readonly ConsumedRecord[])[]
  readonly #done = new Set<string>()
  readonly #holdings = new Map<number, Holding>()
  readonly #members: Member[] = []
  readonly #answers: Answer[]
  /** Something happened after which what was delivered may be delivered again. */
  #mayRepeat = false
  #healed = false

  /** @param keys of the records of each partition, in order */
  constructor(keys: readonly (readonly string[])[], answers: readonly Answer[]) {
    this.#answers = [...answers]
    this.#records = keys.map((ofPartition, partition) =>
      ofPartition.map((key, n) => record(BigInt(n), key, `${partition}/${key}#${n}`, {}, partition)),
    )
    for (const [partition, records] of this.#records.entries()) {
      for (const one of records) if (String(one.key) === dull) this.#done.add(`${partition}@${one.offset}`)
    }
  }

  async begin(): Promise<void> {
    for (const member of [0, 1]) this.#members[member] = await this.#member()
    this.#assign([0, 1])
  }

  async #member(): Promise<Member> {
    const consumer = new ScriptedConsumer(this.#group)
    const window = { records: 8, bytes: 10_000 }
    const bed = bridgeBed(
      { window, wants: ({ id }) => !String(id).includes(`/${dull}#`), retry: { firstMs: 100, maxMs: 800 } },
      this.clock,
      consumer,
    )
    consumer.onCommit = (commit) => this.#committed(commit)
    bed.deliverer.answer = (request) => this.#asked(request)
    bed.deliverer.onDelivered = (request) => this.#done.add(placeOf(request))
    bed.deadLetters.onWritten = ({ partition, offset }) => this.#done.add(`${partition}@${offset}`)
    await bed.bridge.start()
    return bed
  }

  #asked(request: DeliveryRequest): Answer {
    const place = placeOf(request)
    const [partition = 0, offset = 0] = place.split('@').map(Number)
    const { key } = this.#records[partition]?.[offset] ?? {}
    if (!this.#mayRepeat && this.#done.has(place)) this.faults.push(`${place} is delivered again`)
    for (const earlier of this.#records[partition]?.slice(0, offset) ?? []) {
      if (String(earlier.key) !== String(key) || this.#done.has(`${partition}@${earlier.offset}`)) continue
      this.faults.push(`${place} is asked for before ${earlier.offset} has its outcome`)
    }
    return this.#healed ? 'ok' : (this.#answers.shift() ?? 'ok')
  }

  #committed({ partition, next, metadata }: PartitionCommit): void {
    for (const { offset } of this.#records[partition] ?? []) {
      if (offset < next && !this.#done.has(`${partition}@${offset}`))
        this.faults.push(`a commit of ${next} passes ${partition}@${offset}`)
    }
    for (const offset of completedOffsets(next, metadata)) {
      if (!this.#done.has(`${partition}@${offset}`))
        this.faults.push(`${partition}@${offset} is told as done`)
    }
  }

  /** A batch of this partition for whoever has it, unless it waits. */
  take(partition: number, count: number): void {
    const holding = this.#holdings.get(partition)
    if (holding === undefined || holding.held.paused) return
    const from = Number(holding.position)
    const records = this.#records[partition]?.slice(from, from + count) ?? []
    if (records.length === 0) return
    this.#members[holding.member]?.consumer.handler?.take(batchOf(records), holding.held)
    holding.position += BigInt(records.length)
  }

  letGo(member: number): void {
    this.#members[member]?.deliverer.letGoAll()
  }

  /** From now on commits of this member are refused, or not any more. */
  refuse(member: number, refused: boolean): void {
    const { consumer } = this.#members[member] as Member
    consumer.refusal = refused ? new Error('REBALANCE_IN_PROGRESS') : undefined
    if (refused) this.#mayRepeat = true
  }

  /** All members give back, and the partitions go to these. */
  async rebalance(owners: readonly number[]): Promise<void> {
    const given = this.#members.map(({ consumer }) => consumer.handler?.giveBack(30_000))
    await this.clock.advance(30_000)
    await Promise.all(given)
    this.#assign(owners)
  }

  /** One dies with what it has under way; another one takes its place after a rebalance. */
  async crash(member: number, owners: readonly number[]): Promise<void> {
    this.#mayRepeat = true
    const dead = this.#members[member] as Member
    dead.deliverer.answer = () => 'hold'
    dead.consumer.refusal = new Error('UNKNOWN_MEMBER_ID')
    for (const holding of this.#holdings.values()) if (holding.member === member) holding.held.lost = true
    this.#members[member] = await this.#member()
    await this.rebalance(owners)
  }

  #assign(owners: readonly number[]): void {
    for (const partition of this.#records.keys()) {
      const member = owners[partition] ?? 0
      const held = (this.#members[member] as Member).consumer.hold(partition)
      this.#holdings.set(partition, { member, held, position: held.committed?.next ?? 0n })
    }
  }

  /** Everything works from now on: everything gets its outcome, and the group knows. */
  async heal(): Promise<void> {
    this.#healed = true
    for (const member of [0, 1]) this.refuse(member, false)
    for (let turn = 0; turn < 60; turn++) {
      for (const member of [0, 1]) this.letGo(member)
      for (const partition of this.#records.keys()) this.take(partition, 5)
      await this.clock.advance(2_000)
    }
    for (const [partition, records] of this.#records.entries()) {
      const { next } = this.#group.get(`events/${partition}`) ?? { next: 0n }
      assert.equal(next, BigInt(records.length), `partition ${partition}`)
      for (const { offset } of records) assert.ok(this.#done.has(`${partition}@${offset}`))
    }
    for (const member of this.#members) await member.bridge.close()
  }
}

/** `partition@offset` of what is posted. */
function placeOf({ record: place }: DeliveryRequest): string {
  return place.slice(place.lastIndexOf('-') + 1)
}
