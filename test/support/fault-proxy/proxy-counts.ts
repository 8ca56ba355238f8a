/** What a proxy did, to see that a fault met somebody. */
export interface ProxyCounts {
  connections: number
  refused: number
  /** Connections ended by the proxy. */
  cut: number
  requests: number
  produceRequests: number
  responses: number
  /** Frames that were carried out and not told of. */
  responsesLost: number
  /** Produce requests answered with an error that is not the broker's. */
  faked: number
  throttled: number
  bytesSwallowed: number
}

export function noCounts(): ProxyCounts {
  return {
    ...{ connections: 0, refused: 0, cut: 0, requests: 0, produceRequests: 0, responses: 0 },
    ...{ responsesLost: 0, faked: 0, throttled: 0, bytesSwallowed: 0 },
  }
}

export function sumOf(all: readonly ProxyCounts[]): ProxyCounts {
  const sum = noCounts()
  for (const counts of all) {
    for (const name of Object.keys(sum) as (keyof ProxyCounts)[]) sum[name] += counts[name]
  }
  return sum
}
