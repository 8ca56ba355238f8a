import { readdirSync } from 'node:fs'

/** What this process holds of the machine. */
export interface Resources {
  /** Open files and sockets; undefined where the system does not tell. */
  readonly descriptors: number | undefined
  readonly rssBytes: number
}

/** A run leaves a few connections that are about to close, and the allocator keeps what it got once. */
const moreDescriptors = 40
const moreRssBytes = 600 * 1024 * 1024

export function resourcesNow(): Resources {
  return { descriptors: openDescriptors(), rssBytes: process.memoryUsage().rss }
}

/** What a run kept that it should have given back, in words. */
export function leaksSince(before: Resources): readonly string[] {
  const now = resourcesNow()
  const descriptors = (now.descriptors ?? 0) - (before.descriptors ?? 0)
  const rssBytes = now.rssBytes - before.rssBytes
  return [
    ...(descriptors > moreDescriptors ? [`${descriptors} descriptors more than before`] : []),
    ...(rssBytes > moreRssBytes ? [`${Math.round(rssBytes / 2 ** 20)} MiB of memory more than before`] : []),
  ]
}

function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}
