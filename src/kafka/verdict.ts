import { RelayError } from '../errors.ts'
import type { Batch } from './accumulator/batch.ts'
import { classify, type FailureClass, reasonOf, rootCause } from './classify.ts'
import type { ProduceReply } from './producer-port.ts'

/** How a request ended. */
export type Outcome = { readonly replies: readonly ProduceReply[] } | { readonly error: unknown }

/**
 * What that means for one batch of it.
 *
 * - `confirmed`: all in-sync replicas have it, the first record at `baseOffset` (-1: not told).
 * - `suspect`: not known to be there; to be sent again alone and unchanged.
 * - `split`: refused as it is; its halves are to be sent.
 * - `refused`: its only record is refused for good.
 */
export type Verdict =
  | { readonly kind: 'confirmed'; readonly batch: Batch; readonly baseOffset: bigint }
  | { readonly kind: 'suspect'; readonly batch: Batch; readonly failure: FailureClass; readonly error: Error }
  | { readonly kind: 'split'; readonly batch: Batch; readonly error: Error }
  | { readonly kind: 'refused'; readonly batch: Batch; readonly error: RelayError }

const unknownOffset = -1n

/**
 * Judges every batch of one request. Only a batch that was sent alone can be split, refused, or taken as a duplicate: the
 * client reports one error for a whole request, and in a group nobody knows whose it is.
 */
export function judge(topic: string, batches: readonly Batch[], outcome: Outcome): readonly Verdict[] {
  if ('replies' in outcome) return batches.map((batch) => judgeReply(batch, outcome.replies))
  const failure = classify(outcome.error)
  const error = rootCause(outcome.error)
  return batches.map((batch): Verdict => {
    const alone = batches.length === 1
    if (alone && failure === 'duplicate') return { kind: 'confirmed', batch, baseOffset: unknownOffset }
    if (alone && failure === 'split') {
      if (batch.entries.length > 1) return { kind: 'split', batch, error }
      return { kind: 'refused', batch, error: refusal(topic, batch, error) }
    }
    return { kind: 'suspect', batch, failure, error }
  })
}

/** Confirmed is exactly one answer for the partition, without error: nothing else proves that the batch was in the request. */
function judgeReply(batch: Batch, replies: readonly ProduceReply[]): Verdict {
  const own = replies.filter(({ partition }) => partition === batch.partition)
  const [reply] = own
  if (own.length === 1 && reply?.errorCode === 0) {
    return { kind: 'confirmed', batch, baseOffset: BigInt(reply.baseOffset) }
  }
  const said = own.map(({ errorCode }) => errorCode).join(', ') || 'none'
  const error = new Error(
    `the reply does not confirm partition ${batch.partition} (answers for it, as error codes: ${said})`,
  )
  return { kind: 'suspect', batch, failure: 'retry', error }
}

function refusal(topic: string, batch: Batch, error: Error): RelayError {
  return new RelayError(
    'RECORD_REJECTED',
    `Kafka refuses a record of about ${batch.bytes} bytes for ${topic}/${batch.partition}: ${error.message}`,
    {
      cause: error,
      facts: { topic, partition: batch.partition, bytes: batch.bytes, reason: reasonOf(error) },
    },
  )
}
