import { createRequire } from 'node:module'
import { forgetHalfResponses, type KafkajsConnection } from './half-responses.ts'
import type { InstructedMessage } from './partition-guard.ts'
import { type Encoded, encodeProduce, type ProduceArguments } from './produce-request.ts'

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

interface MadeRequest {
  readonly request: { readonly encode: () => Promise<Encoded> }
  readonly response: unknown
}

/** How kafkajs makes requests of one kind: by version, looked up for each request. */
interface RequestDefinition {
  protocol(asked: { readonly version: number }): (request: ProduceArguments) => MadeRequest
}

const require = createRequire(import.meta.url)
const patched = new WeakSet<object>()

/**
 * Mends kafkajs where nothing else helps. Only for the version that `version.ts` checks; calling it again changes nothing.
 */
export function patchKafkajs(): void {
  const queue = require('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue }
  const produce = require('kafkajs/src/protocol/requests/produce') as RequestDefinition
  const connection = require('kafkajs/src/network/connection') as { readonly prototype: KafkajsConnection }
  if (patched.has(queue.prototype)) return
  patched.add(queue.prototype)
  stopIdleTimers(queue.prototype)
  forgetHalfResponses(connection.prototype)
  encodeAtOnce(produce)
}

/**
 * After the first response every connection looks for pending requests in a timer chain that arms itself again every
 * millisecond, for ever, with delays below zero (for which newer Node prints a warning).
 * With nothing pending there is nothing to look for: the next request that has to wait arms the timer itself.
 */
function stopIdleTimers(queue: RequestQueue): void {
  const original = queue.scheduleCheckPendingRequests
  queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) original.call(this)
  }
}

/** See {@link encodeProduce}. Only what our own producers send; whoever else uses kafkajs in this process is left alone. */
function encodeAtOnce(produce: RequestDefinition): void {
  const original = produce.protocol
  produce.protocol = (asked) => {
    const make = original(asked)
    // Before version 3 records had another format. No broker that takes our idempotent requests asks for it.
    if (asked.version < 3) return make
    return (request) => {
      const made = make(request)
      if (!isOurs(request)) return made
      return { ...made, request: { ...made.request, encode: () => encodeProduce(request) } }
    }
  }
}

function isOurs({ topicData, transactionalId }: ProduceArguments): boolean {
  if (transactionalId !== undefined && transactionalId !== null) return false
  return topicData.every(({ partitions }) =>
    partitions.every(
      ({ messages }) => (messages[0] as Partial<InstructedMessage> | undefined)?.instruction !== undefined,
    ),
  )
}
