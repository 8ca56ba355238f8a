import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownText } from '../../../src/observability/shown-text.ts'

test('leaves a sentence as it is', () => {
  assert.equal(shownText('no broker answers (kafka-1:9092)?'), 'no broker answers (kafka-1:9092)?')
})

test('takes out credentials, and the queries of URLs', () => {
  assert.equal(
    shownText('GET "https://user:secret@example.com/hook?token=secret&x=1" with Bearer secretsecret'),
    'GET "https://[redacted]@example.com/hook?…" with Bearer [redacted]',
  )
})

test('takes out the query to its end, whatever stands in it, also where a path has no host', () => {
  assert.equal(shownText("GET https://h/hook?b='secret&c=1 failed"), 'GET https://h/hook?… failed')
  assert.equal(shownText('GET /hook?v=secret HTTP/1.1'), 'GET /hook?… HTTP/1.1')
  assert.equal(shownText('at https://h/cb#state=secret: 500'), 'at https://h/cb#… 500')
  assert.equal(shownText('either/or? (kafka-1:9092)?'), 'either/or? (kafka-1:9092)?')
})

test('a secret that the cut goes through is not shown', () => {
  const text = `${'x'.repeat(380)} https://user:${'secret'.repeat(40)}@host/`
  assert.doesNotMatch(shownText(text), /secret/)
})

test('is never long', () => {
  assert.equal(shownText('x'.repeat(9_000)), `${'x'.repeat(400)}…`)
})
