import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../../src/errors.ts'
import type { Token } from '../../../../src/kafka/oauth/token-answer.ts'
import { OAuthTokens } from '../../../../src/kafka/oauth/tokens.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** A provider whose answers are made by hand. */
function bed(lifetimeMs = 300_000) {
  const clock = new ManualClock()
  let asked = 0
  let failure: Error | undefined
  const endpoint = async (): Promise<Token> => {
    asked += 1
    const value = `token-${asked}`
    await Promise.resolve()
    if (failure !== undefined) throw failure
    return { value, lifetimeMs }
  }
  return {
    clock,
    tokens: new OAuthTokens({ endpoint, clock }),
    asked: () => asked,
    fail(error: Error | undefined) {
      failure = error
    },
  }
}

test('a token is kept until half a minute before it expires', async () => {
  const { tokens, clock, asked } = bed()
  assert.equal(asked(), 0)
  assert.equal(await tokens.token(), 'token-1')
  await clock.advance(269_999)
  assert.equal(await tokens.token(), 'token-1')
  await clock.advance(1)
  assert.equal(await tokens.token(), 'token-2')
})

test('a token of a short life is kept for half of it', async () => {
  const { tokens, clock } = bed(10_000)
  await tokens.token()
  await clock.advance(4_999)
  assert.equal(await tokens.token(), 'token-1')
  await clock.advance(1)
  assert.equal(await tokens.token(), 'token-2')
})

test('many who want one at once ask once', async () => {
  const { tokens, asked } = bed()
  const all = await Promise.all(Array.from({ length: 50 }, () => tokens.token()))
  assert.deepEqual(new Set(all), new Set(['token-1']))
  assert.equal(asked(), 1)
})

test('while the old token is of use, a provider that is away is nobody’s failure', async () => {
  const { tokens, clock, fail, asked } = bed()
  await tokens.token()
  fail(new RelayError('KAFKA_UNAVAILABLE', 'away'))
  await clock.advance(294_999)
  assert.equal(await tokens.token(), 'token-1')
  assert.equal(asked(), 2)
  await clock.advance(1)
  await assert.rejects(tokens.token(), /away/)
  fail(undefined)
  assert.equal(await tokens.token(), 'token-4')
})

test('a failure is not kept', async () => {
  const { tokens, fail } = bed()
  fail(new RelayError('KAFKA_CONFIGURATION', 'who are you'))
  await assert.rejects(tokens.token(), { code: 'KAFKA_CONFIGURATION' })
  fail(undefined)
  assert.equal(await tokens.token(), 'token-2')
})

test('a token that a broker refused is not given again; one that was replaced meanwhile changes nothing', async () => {
  const { tokens } = bed()
  const first = await tokens.token()
  tokens.refused(first)
  assert.equal(await tokens.token(), 'token-2')
  tokens.refused(first)
  assert.equal(await tokens.token(), 'token-2')
})
