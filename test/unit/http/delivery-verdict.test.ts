import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeliveryVerdict, verdictOf } from '../../../src/http/delivery-verdict.ts'

const own: Readonly<Record<number, DeliveryVerdict>> = {
  400: 'refused',
  408: 'retry',
  410: 'gone',
  413: 'refused',
  415: 'refused',
  422: 'refused',
  425: 'retry',
  429: 'retry',
}

function expected(status: number): DeliveryVerdict {
  if (status < 300) return 'delivered'
  if (status < 500) return own[status] ?? 'misconfigured'
  return 'retry'
}

test('G10: every final status has the verdict of the table', () => {
  for (let status = 200; status < 1_000; status++) {
    assert.equal(verdictOf(status), expected(status), String(status))
  }
})

test('G10: a wrong credential and a wrong URL never lose an event', () => {
  for (const status of [401, 402, 403, 404, 405, 407, 409, 451])
    assert.equal(verdictOf(status), 'misconfigured')
})
