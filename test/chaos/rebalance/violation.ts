/**
 * What a run under rebalances promises. `commit`: nothing below a committed offset is without outcome. `order`: per
 * repository the next event is begun after the outcome of the one before. `fence`: nobody begins what another member has.
 */
export type RebalanceInvariant = 'no loss' | 'content' | 'commit' | 'order' | 'fence' | 'duplicates'

export interface RebalanceViolation {
  readonly invariant: RebalanceInvariant
  readonly message: string
}
