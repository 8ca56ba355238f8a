/**
 * So long after it was begun, a member may have given an attempt up: its own time for it begins earlier, when the
 * request is not made yet, and an answer needs its way. On a busy machine both take a part of a second.
 */
export function givenUpAfterMs(attemptMs: number): number {
  return (attemptMs * 5) / 6
}
