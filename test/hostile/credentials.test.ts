import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayChild } from './gateway-child.ts'
import { readSpool } from './kept.ts'
import { echoes } from './malformed-run.ts'
import { honestBody, honestHeaders, send } from './post.ts'

const token = 'r8Zk2qpXo0LwVtYc5NsB7uHd'
const password = 'pässword: with a colon'

/** As node:http takes it for a header: a character for each byte. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function basic(user: string, secret: string): string {
  return `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}`
}

const wrong: Readonly<Record<string, string | readonly string[] | undefined>> = {
  'no header': undefined,
  'an empty header': '',
  'the scheme alone': 'Bearer',
  'the scheme and a space': 'Bearer ',
  'the token alone': token,
  'another token': 'Bearer r8Zk2qpXo0LwVtYc5NsB7uHe',
  'a prefix': `Bearer ${token.slice(0, -1)}`,
  'one character': `Bearer ${token.slice(0, 1)}`,
  'a longer one': `Bearer ${token}x`,
  'twice the token': `Bearer ${token}${token}`,
  'another case': `Bearer ${token.toLowerCase()}`,
  'two spaces': `Bearer  ${token}`,
  quotes: `Bearer "${token}"`,
  'a list': `Bearer wrong, Bearer ${token}`,
  'another scheme': `Token ${token}`,
  'the token as Basic': `Basic ${token}`,
  'Basic with the token': basic('registry', token),
  'Basic with another user': basic('Registry', password),
  'Basic with a prefix': basic('registry', password.slice(0, -1)),
  'Basic without a password': basic('registry', ''),
  'Basic in Latin-1': `Basic ${Buffer.from(`registry:${password}`, 'latin1').toString('base64')}`,
  'Basic without its padding': basic('registry', password).replace(/=+$/, 'A'),
  'Bearer with the Basic value': basic('registry', password).replace('Basic', 'Bearer'),
  'a look-alike': latin1(`Bearer ${token.replace('o', '\u043e')}`),
  'full-width letters': latin1(`Bearer ${token.replace('r', '\uff52')}`),
  'a zero-width space': latin1(`Bearer ${token}\u200b`),
  'a NUL in Unicode': latin1(`Bearer ${token}\u2400`),
  'seven thousand characters': `Bearer ${'x'.repeat(7_000)}`,
  'the token, and seven thousand characters': `Bearer ${token}${'x'.repeat(7_000)}`,
  'two wrong lines': ['Bearer wrong', 'Bearer r8Zk2qpXo0LwVtYc5NsB7uH'],
  'two halves': [`Bearer ${token.slice(0, 12)}`, token.slice(12)],
}

test('answers wrong credentials 401, says nothing of them, and keeps nothing that came with them', async (t) => {
  const gateway = await GatewayChild.start(t, {
    gateway: { credentials: [{ bearer: token }, { username: 'registry', password }] },
    config: { logging: { level: 'error', format: 'json' } },
  })
  const post = (authorization: string | readonly string[] | undefined, id: string) =>
    send(gateway.url, {
      body: honestBody(id),
      headers: { ...honestHeaders, ...(authorization === undefined ? {} : { Authorization: authorization }) },
    })
  for (const [what, authorization] of Object.entries(wrong)) {
    const answer = await post(authorization, what)
    assert.equal(answer.status, 401, what)
    assert.match(String(answer.headers['www-authenticate']), /^Bearer, Basic realm=/)
    const sent = Buffer.from([authorization].flat().join(), 'latin1')
    assert.ok(!echoes(answer.body.toString('latin1'), sent), what)
    assert.ok(!answer.body.includes(token), what)
  }
  const right = {
    bearer: `Bearer ${token}`,
    'bearer in another case': `bEARER ${token}`,
    basic: basic('registry', password),
    'one right line of two': ['Bearer wrong', `Bearer ${token}`],
  }
  for (const [what, authorization] of Object.entries(right)) {
    assert.equal((await post(authorization, what)).status, 200, what)
  }
  await gateway.stop()
  const kept = await readSpool(gateway.spoolFolder)
  assert.deepEqual(
    kept.map((one) => one.kind === 'event' && one.id),
    Object.keys(right),
  )
})
