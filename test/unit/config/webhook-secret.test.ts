import assert from 'node:assert/strict'
import { test } from 'node:test'
import { webhookSecretProblem } from '../../../src/config/webhook-secret.ts'

const ofBytes = (count: number): string => `whsec_${Buffer.alloc(count, 0xfb).toString('base64')}`

test('24 to 64 bytes in base64 behind whsec_ are a secret', () => {
  for (const count of [24, 25, 32, 64]) assert.equal(webhookSecretProblem(ofBytes(count)), undefined)
})

for (const [what, text, words] of [
  ['too few bytes', ofBytes(23), 'must hold 24 to 64 bytes, not 23'],
  ['too many bytes', ofBytes(65), 'must hold 24 to 64 bytes, not 65'],
  ['no bytes', 'whsec_', 'must hold 24 to 64 bytes, not 0'],
  ['another beginning', ofBytes(32).replace('whsec_', 'whpk_'), 'must begin with whsec_'],
  ['the alphabet of URLs', ofBytes(32).replaceAll('+', '-'), 'must be base64 after whsec_'],
  ['an end that is cut off', ofBytes(32).slice(0, -1), 'must be base64 after whsec_'],
  ['a line break', `${ofBytes(32)}\n`, 'must be base64 after whsec_'],
] as const) {
  test(`${what}: refused, with the command that makes one and without the secret`, () => {
    const problem = webhookSecretProblem(text) ?? ''
    assert.equal(problem, `${words}; make one with: echo "whsec_$(openssl rand -base64 32)"`)
  })
}
