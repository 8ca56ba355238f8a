import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * The Authorization values a gateway accepts, several at a time so that they can be rotated. Kept and compared as
 * SHA-256: both sides then have one length, as `timingSafeEqual` needs, and the time taken tells neither the length
 * nor the matching prefix of a secret.
 */
export class AcceptedAuthorizations {
  #digests: readonly Buffer[]

  /** Whole header values, scheme included (`Bearer s3cr3t`). The scheme is compared without case, the rest exactly. */
  constructor(values: readonly string[]) {
    this.#digests = digestsOf(values)
  }

  /** False: everybody may post. */
  get required(): boolean {
    return this.#digests.length > 0
  }

  /**
   * From now on these are accepted and no others.
   *
   * @throws RangeError when there are none and there were some: what goes wrong while secrets are read again must not
   * open the gateway to everybody.
   */
  replace(values: readonly string[]): void {
    if (values.length === 0 && this.required)
      throw new RangeError('the last credentials cannot be taken away')
    this.#digests = digestsOf(values)
  }

  /**
   * True if one of the lines is accepted. Lines, not line: a registry with credentials in its URL and an Authorization
   * among its configured headers sends both.
   */
  accept(lines: readonly string[] | undefined): boolean {
    let accepted = false
    for (const line of lines ?? []) {
      // node:http makes one character of each byte.
      const digest = digestOf(Buffer.from(line, 'latin1'))
      // Every value is compared, also after a match: which of them it was is nobody's business.
      for (const known of this.#digests) accepted = timingSafeEqual(digest, known) || accepted
    }
    return accepted
  }
}

function digestsOf(values: readonly string[]): readonly Buffer[] {
  return values.map((value) => digestOf(Buffer.from(value, 'utf8')))
}

function digestOf(value: Buffer): Buffer {
  const space = value.indexOf(' ')
  const hash = createHash('sha256')
  if (space === -1) return hash.update(value).digest()
  return hash
    .update(value.toString('latin1', 0, space).toLowerCase(), 'latin1')
    .update(value.subarray(space))
    .digest()
}
