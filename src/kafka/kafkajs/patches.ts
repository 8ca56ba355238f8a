import { createRequire } from 'node:module'

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

const patched = new WeakSet<object>()

/**
 * Stops kafkajs's idle timers. After the first response every connection looks for pending requests in a timer chain that
 * arms itself again every millisecond, for ever, with delays below zero (for which newer Node prints a warning).
 * With nothing pending there is nothing to look for: the next request that has to wait arms the timer itself.
 * Only for the version that `version.ts` checks; calling it again changes nothing.
 */
export function patchKafkajs(): void {
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue
  }
  if (patched.has(queue.prototype)) return
  patched.add(queue.prototype)
  const original = queue.prototype.scheduleCheckPendingRequests
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) original.call(this)
  }
}
