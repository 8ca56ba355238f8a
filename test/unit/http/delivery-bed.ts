import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { TlsOptions } from 'node:tls'
import { type ErrorCode, isRelayError, type RelayError } from '../../../src/errors.ts'
import type { DeliveryRequest } from '../../../src/http/deliverer.ts'
import { type DeliveryOptions, HttpDelivery } from '../../../src/http/delivery.ts'
import { type Answer, type RawReceiver, rawReceiver } from '../../support/raw-receiver.ts'

export const request: DeliveryRequest = {
  body: '{"events":[{"id":"ü\u2028"}]}',
  mediaType: 'application/vnd.test+json; v=1',
  eventId: 'id-1',
  attempt: 1,
  record: 'registry.events.v1-3@17',
}

export function deliveryTo(t: TestContext, options: DeliveryOptions): HttpDelivery {
  const delivery = new HttpDelivery(options)
  t.after(() => delivery.close({ deadlineMs: 0 }))
  return delivery
}

/** A receiver that keeps every byte, and a delivery to it. */
export async function deliveryBed(
  t: TestContext,
  answer: Answer,
  options: Partial<DeliveryOptions> = {},
  tls?: TlsOptions,
): Promise<{ readonly receiver: RawReceiver; readonly delivery: HttpDelivery }> {
  const receiver = await rawReceiver(t, answer, tls)
  return { receiver, delivery: deliveryTo(t, { url: receiver.url, ...options }) }
}

/** What a delivery rejected with; fails when it was delivered, or has another code. */
export async function failureOf(delivered: Promise<unknown>, code: ErrorCode): Promise<RelayError> {
  const error = await delivered.then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isRelayError(error, code), String(error))
  return error
}

/** Answers with these bytes; each text is one write. */
export function bytes(...texts: readonly string[]): Answer {
  return (socket) => {
    for (const text of texts) socket.write(text)
  }
}

/** Writes again and again, as fast as it is taken, until the other side has enough. */
export function endless(socket: Socket, chunk: string): void {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(chunk)) {}
  }
  socket.on('drain', pump)
  pump()
}

/** Writes every few milliseconds until the other side has enough. */
export function drip(socket: Socket, chunk: string): void {
  const timer = setInterval(() => socket.write(chunk), 5)
  socket.on('close', () => clearInterval(timer))
}
