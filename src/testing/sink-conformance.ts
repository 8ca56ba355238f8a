import { systemClock } from '../clock.ts'
import { closingChecks } from './conformance/closing-checks.ts'
import { heldUpChecks } from './conformance/held-up-checks.ts'
import { type Check, Subject } from './conformance/subject.ts'
import type { ConformanceCheck, SinkConformanceOptions, SinkUnderTest } from './conformance/terms.ts'
import { writingChecks } from './conformance/writing-checks.ts'

/**
 * The contract of `Sink` as checks that any test runner can run. Each makes its own sink.
 *
 *     import { test } from 'node:test'
 *
 *     for (const check of sinkConformance({ create, item: (n) => ({ id: `event-${n}` }) })) {
 *       test(`my sink: ${check.name}`, check.run)
 *     }
 */
export function sinkConformance<T>(options: SinkConformanceOptions<T>): readonly ConformanceCheck[] {
  const { create, createHeldUp, timeoutMs = 10_000 } = options
  const listed = [...writingChecks<T>(), ...closingChecks<T>()].map((check) => {
    return conformanceCheck(check, create, options, timeoutMs)
  })
  if (createHeldUp === undefined) return listed
  const heldUp = heldUpChecks<T>().map((check) => conformanceCheck(check, createHeldUp, options, timeoutMs))
  return [...listed, ...heldUp]
}

function conformanceCheck<T, Made extends SinkUnderTest<T>>(
  { name, check }: Check<Subject<T, Made>>,
  create: () => Made | Promise<Made>,
  options: SinkConformanceOptions<T>,
  timeoutMs: number,
): ConformanceCheck {
  return {
    name,
    async run() {
      const made = await create()
      try {
        await inTime(check(new Subject(made, options)), timeoutMs)
      } finally {
        await made.dispose?.()
      }
    },
  }
}

/** A promise that never settles is what is wrong with many a sink; a runner would only say that nothing happens any more. */
function inTime(check: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.after(ms, () =>
      reject(new Error(`not finished within ${ms} ms: a write or a close of the sink does not settle`)),
    )
    check.then(resolve, reject).finally(cancel)
  })
}
