/** Where a dead letter lies in its topic. */
export interface DeadLetterId {
  readonly partition: number
  readonly offset: bigint
}

/** `partition@offset`, as people write it. */
export function idText({ partition, offset }: DeadLetterId): string {
  return `${partition}@${offset}`
}

/** Undefined for a text that is none. */
export function parseId(text: string): DeadLetterId | undefined {
  const [, partition, offset] = /^(\d{1,9})@(\d{1,19})$/.exec(text) ?? []
  if (partition === undefined || offset === undefined) return undefined
  return { partition: Number(partition), offset: BigInt(offset) }
}
