import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type ErrorCode, isRelayError } from '../../../src/errors.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { Endpoint, type EndpointOptions } from '../../../src/http/endpoint.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type Answer, type RawReceiver, rawReceiver } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

export interface EndpointBed {
  readonly endpoint: Endpoint
  readonly receiver: RawReceiver
  readonly clock: ManualClock
  readonly telemetry: CountedTelemetry
  /** Ids of the events that arrived, in order, repeats included. */
  arrived(): readonly (string | undefined)[]
}

/** An endpoint on a clock that stands still, and its receiver. */
export async function endpointBed(
  t: TestContext,
  answer: Answer,
  options: Partial<EndpointOptions> = {},
): Promise<EndpointBed> {
  const receiver = await rawReceiver(t, answer)
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const endpoint = new Endpoint({
    name: 'e',
    url: receiver.url,
    clock,
    telemetry,
    random: () => 0.5,
    ...options,
  })
  t.after(async () => {
    await receiver.die()
    const closed = endpoint.close({ deadlineMs: 0 }).catch(() => {})
    await clock.advance(1_000)
    await closed
  })
  return {
    endpoint,
    receiver,
    clock,
    telemetry,
    arrived: () =>
      receiver.requests.flatMap(({ body }) =>
        readEnvelope(Buffer.from(body)).events.map(({ event }) => event.id),
      ),
  }
}

/** Resolves when the endpoint has nothing left to do. */
export async function idle(endpoint: Endpoint): Promise<void> {
  await until(() => endpoint.readMetrics().pending === 0, {
    what: () => JSON.stringify(endpoint.readMetrics()),
  })
}

/** Passes time in small steps until the promise has settled: sockets answer in their own time, between the steps. */
export async function whileTimePasses<T>(clock: ManualClock, promise: Promise<T>, stepMs = 50): Promise<T> {
  let settled = false
  const done = promise.finally(() => {
    settled = true
  })
  done.catch(() => {})
  await until(async () => {
    if (!settled) await clock.advance(stepMs)
    return settled
  })
  return done
}

export function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    const found = error instanceof AggregateError ? error.errors : [error]
    assert.ok(
      found.some((one) => isRelayError(one, code)),
      String(error),
    )
    return true
  }
}
