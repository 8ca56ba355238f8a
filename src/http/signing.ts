import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { RelayError } from '../errors.ts'

/**
 * The value of `webhook-signature`: one signature for each secret, in their order.
 *
 * @param id value of `webhook-id`
 * @param seconds value of `webhook-timestamp`
 * @param body the bytes that are sent
 */
export type Signer = (id: string, seconds: number, body: Uint8Array) => string

const prefix = 'whsec_'
const minBytes = 24
const maxBytes = 64

/**
 * Signs as version 1 of Standard Webhooks says. Several secrets let a receiver change from one to the next while both
 * are sent.
 *
 * @param secrets `whsec_` and base64 of 24 to 64 bytes each
 * @throws CONFIG_INVALID, saying which of them is wrong and how to make one, and never what it is
 */
export function signer(secrets: readonly string[]): Signer {
  const keys = secrets.map(keyOf)
  return (id, seconds, body) => {
    const head = `${id}.${seconds}.`
    return keys
      .map((key) => `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`)
      .join(' ')
  }
}

function keyOf(secret: string, at: number): KeyObject {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : ''
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what is not base64: a secret cut in two by a line break would sign with half a key.
  const exact = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (exact && bytes.length >= minBytes && bytes.length <= maxBytes) return createSecretKey(bytes)
  throw new RelayError(
    'CONFIG_INVALID',
    `signingSecrets[${at}]: expected whsec_ and base64 of ${minBytes} to ${maxBytes} bytes; ` +
      'make one with: echo "whsec_$(openssl rand -base64 32)"',
  )
}
