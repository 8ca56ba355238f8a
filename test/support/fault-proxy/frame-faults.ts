import type { Random } from '../../../src/clock.ts'
import type { Faults } from './faults.ts'
import {
  decodeProduceResponse,
  encodeProduceResponse,
  isKnownProduce,
  readProduceRequest,
  refusalOf,
  withError,
} from './produce-codec.ts'
import type { ProxyCounts } from './proxy-counts.ts'
import type { RequestHead } from './request-head.ts'
import { Strikes } from './strikes.ts'

/** What becomes of a response when it comes. */
export type ResponsePlan =
  | { readonly kind: 'lose'; readonly connection: 'stays' | 'cut' }
  | { readonly kind: 'change'; readonly change: (frame: Buffer) => Buffer }

export type RequestPlan =
  | ResponsePlan
  | { readonly kind: 'pass' }
  /** The broker does not get it. */
  | { readonly kind: 'answered'; readonly response: Buffer }

const pass: RequestPlan = { kind: 'pass' }

/** Decides request by request which of the faults that know Kafka's frames strikes. One for all connections to a broker. */
export class FrameFaults {
  readonly #faults: Faults
  readonly #counts: ProxyCounts
  readonly #lost: Strikes
  readonly #faked: Strikes
  readonly #throttled: Strikes

  constructor(faults: Faults, random: Random, counts: ProxyCounts) {
    this.#faults = faults
    this.#counts = counts
    this.#lost = new Strikes(faults.lost, random)
    this.#faked = new Strikes(faults.faked, random)
    this.#throttled = new Strikes(faults.throttled, random)
  }

  /** @throws Error where a Produce request is of a version that cannot be answered for the broker */
  plan(head: RequestHead, frame: Buffer): RequestPlan {
    return head.isProduce ? this.#planProduce(head, frame) : pass
  }

  #planProduce({ version, correlationId }: RequestHead, frame: Buffer): RequestPlan {
    const { lost, faked, throttled } = this.#faults
    if (lost === undefined && faked === undefined && throttled === undefined) return pass
    if (!isKnownProduce(version)) throw new Error(`Produce requests of version ${version} are not known here`)
    const { acks, targets } = readProduceRequest(frame)
    if (acks === 0) return pass
    if (lost !== undefined && this.#lost.next()) {
      return { kind: 'lose', connection: lost.connection }
    }
    if (faked !== undefined && this.#faked.next()) {
      this.#counts.faked += 1
      const { errorCode, when } = faked
      if (when === 'instead') {
        return {
          kind: 'answered',
          response: encodeProduceResponse(refusalOf(correlationId, targets, errorCode)),
        }
      }
      return {
        kind: 'change',
        change: (response) => encodeProduceResponse(withError(decodeProduceResponse(response), errorCode)),
      }
    }
    if (throttled !== undefined && this.#throttled.next()) {
      this.#counts.throttled += 1
      return {
        kind: 'change',
        change: (response) =>
          encodeProduceResponse({ ...decodeProduceResponse(response), throttleMs: throttled.ms }),
      }
    }
    return pass
  }
}
