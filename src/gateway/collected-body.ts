import { createHash, type Hash } from 'node:crypto'
import type { ByteBudget } from './byte-budget.ts'
import { bodiesOverBudget, bodyTooLarge, type Refusal } from './refusal.ts'

export interface CollectedBodyLimits {
  readonly maxBodyBytes: number
  /** Of a body over `maxBodyBytes`, how much of its beginning is kept while the rest is counted. `undefined`: refuse it. */
  readonly keptOfOversize?: number | undefined
  /** Of the bodies of all requests. */
  readonly budget: ByteBudget
}

/** A body in memory, whole or in part. */
export interface ReceivedBody {
  readonly content: Buffer
  /** Bytes and hex SHA-256 of all that came, where `content` is only its beginning. */
  readonly whole?: { readonly bytes: number; readonly sha256: string }
  /** Gives the bytes back to the budget. To be called once, when they are no longer needed. */
  release(): void
}

/** What has come of a body. Every byte that it holds is taken from the budget. */
export class CollectedBody {
  readonly #limits: CollectedBodyLimits
  #chunks: Buffer[] = []
  #held = 0
  #bytes = 0
  /** From the moment the body is known to be too large: it is no longer kept, only counted. */
  #hash: Hash | undefined

  /** `declared`: bytes by its Content-Length, so that a body that will be too large is not collected first. */
  constructor(limits: CollectedBodyLimits, declared = 0) {
    this.#limits = limits
    if (declared > limits.maxBodyBytes) this.#cut()
  }

  /** `undefined`: taken. After a refusal nothing more may be added. */
  add(chunk: Buffer): Refusal | undefined {
    const { maxBodyBytes, keptOfOversize, budget } = this.#limits
    this.#bytes += chunk.length
    if (this.#bytes > maxBodyBytes) {
      if (keptOfOversize === undefined) return bodyTooLarge(maxBodyBytes)
      this.#cut()
    }
    this.#hash?.update(chunk)
    const wanted = this.#hash === undefined ? chunk : this.#beginningOf(chunk)
    if (wanted.length === 0) return undefined
    if (!budget.take(wanted.length)) return bodiesOverBudget(budget.limit)
    this.#held += wanted.length
    this.#chunks.push(wanted)
    return undefined
  }

  /** All has come. The body is the caller's from now on, to be released. */
  finish(): ReceivedBody {
    const [first] = this.#chunks
    const content =
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#held)
    const whole =
      this.#hash === undefined ? {} : { whole: { bytes: this.#bytes, sha256: this.#hash.digest('hex') } }
    return { content, ...whole, release: () => this.abandon() }
  }

  /** Gives back what it holds. */
  abandon(): void {
    this.#limits.budget.release(this.#held)
    this.#held = 0
    this.#chunks = []
  }

  #cut(): void {
    const { keptOfOversize, budget } = this.#limits
    if (keptOfOversize === undefined || this.#hash !== undefined) return
    this.#hash = createHash('sha256')
    for (const chunk of this.#chunks) this.#hash.update(chunk)
    const kept = Buffer.concat(this.#chunks, Math.min(this.#held, keptOfOversize))
    budget.release(this.#held - kept.length)
    this.#held = kept.length
    this.#chunks = kept.length === 0 ? [] : [kept]
  }

  /** A copy: a part of a chunk would keep all of it in memory. */
  #beginningOf(chunk: Buffer): Buffer {
    const room = Math.max(0, (this.#limits.keptOfOversize ?? 0) - this.#held)
    return Buffer.from(chunk.subarray(0, room))
  }
}
