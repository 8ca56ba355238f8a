/** What a write of the gateway's items says beside that they are kept. */
export interface Kept {
  /** Events that were kept before, under the same id and with the same content: nothing was stored again. */
  readonly duplicates: number
  /** Events under an id that another content came with before: stored, as every event is. */
  readonly conflicts: number
}

export const noneRepeated: Kept = { duplicates: 0, conflicts: 0 }
