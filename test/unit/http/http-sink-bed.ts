import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type ErrorCode, isRelayError, type RelayError } from '../../../src/errors.ts'
import { HttpSink, type HttpSinkObserver, type HttpSinkOptions } from '../../../src/http/http-sink.ts'
import { type Answer, type RawReceiver, rawReceiver } from '../../support/raw-receiver.ts'

export interface HttpSinkBed {
  readonly sink: HttpSink
  readonly receiver: RawReceiver
  /** What an observer was told, one text per call. */
  readonly heard: readonly string[]
}

/** A sink and its receiver. */
export async function httpSinkBed(
  t: TestContext,
  answer: Answer,
  options: Partial<HttpSinkOptions> = {},
): Promise<HttpSinkBed> {
  const receiver = await rawReceiver(t, answer)
  const heard: string[] = []
  const observer: HttpSinkObserver = {
    success: (events, receipt) => heard.push(`success ${events.length} ${receipt.status}`),
    failure: (events, receipt) => heard.push(`failure ${events.length} ${receipt.status}`),
    error: (events, error) =>
      heard.push(`error ${events.length} ${'code' in error ? error.code : error.message}`),
    latency: () => heard.push('latency'),
  }
  const sink = new HttpSink({ url: receiver.url, observers: [observer], ...options })
  t.after(() => sink.close({ deadlineMs: 0 }).catch(() => {}))
  return { receiver, sink, heard }
}

export async function failureOf(
  write: Promise<unknown>,
  code: ErrorCode = 'DELIVERY_FAILED',
): Promise<RelayError> {
  const error = await write.then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isRelayError(error, code), String(error))
  return error
}
