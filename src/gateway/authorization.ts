import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * The Authorization values a gateway accepts, several at a time so that they can be rotated. Kept and compared as
 * SHA-256: both sides then have one length, as `timingSafeEqual` needs, and the time taken tells neither the length
 * nor the matching prefix of a secret.
 */
export class AcceptedAuthorizations {
  readonly #digests: readonly Buffer[]

  /** Whole header values, scheme included (`Bearer s3cr3t`); compared exactly. */
  constructor(values: readonly string[]) {
    this.#digests = values.map(digestOf)
  }

  /** False: everybody may post. */
  get required(): boolean {
    return this.#digests.length > 0
  }

  /**
   * True if one of the lines is accepted. Lines, not line: a registry with credentials in its URL and an Authorization
   * among its configured headers sends both.
   */
  accept(lines: readonly string[] | undefined): boolean {
    let accepted = false
    for (const digest of (lines ?? []).map(digestOf)) {
      // Every value is compared, also after a match: which of them it was is nobody's business.
      for (const known of this.#digests) accepted = timingSafeEqual(digest, known) || accepted
    }
    return accepted
  }
}

function digestOf(value: string): Buffer {
  return createHash('sha256').update(value, 'utf8').digest()
}
