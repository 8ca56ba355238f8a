import assert from 'node:assert/strict'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { RequestRecord } from '../../../src/event/event.ts'
import type { IncomingRequest } from '../../../src/listener/incoming-request.ts'
import { newRequestRecord } from '../../../src/listener/request-record.ts'
import { trustedProxies } from '../../../src/listener/trusted-proxies.ts'
import { observed, requestOf } from './listener-support.ts'

const socket = '198.51.100.20:51514'

test('the record holds id, host, method and user agent of the request', () => {
  const request = requestOf(
    { host: 'registry.example.test:5000', 'user-agent': 'docker/25.0 <x&y>' },
    { method: 'PUT' },
  )
  assert.deepEqual(newRequestRecord('an-id', request), {
    id: 'an-id',
    addr: socket,
    host: 'registry.example.test:5000',
    method: 'PUT',
    useragent: 'docker/25.0 <x&y>',
  })
})

test('id, method and user agent are there even if empty; address and host are not', () => {
  assert.deepEqual(newRequestRecord('', { headers: {}, socket: {} }), { id: '', method: '', useragent: '' })
})

test('the host of an HTTP/2 request is its authority', () => {
  assert.equal(newRequestRecord('', requestOf({ ':authority': 'a.test' })).host, 'a.test')
})

const addresses: readonly (readonly [what: string, headers: Record<string, string>, addr: string])[] = [
  ['no headers', {}, socket],
  ['one forwarded address', { 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
  ['the first of several', { 'x-forwarded-for': ' 203.0.113.7 , 10.0.0.1' }, '203.0.113.7'],
  ['an IPv6 address', { 'x-forwarded-for': '2001:db8::7' }, '2001:db8::7'],
  ['forwarded before real', { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.8' }, '203.0.113.7'],
  ['the real address alone', { 'x-real-ip': '203.0.113.8' }, '203.0.113.8'],
  [
    'a malformed forwarded one before a real one',
    { 'x-forwarded-for': 'unknown', 'x-real-ip': '203.0.113.8' },
    '203.0.113.8',
  ],
  ['an address with port', { 'x-forwarded-for': '1.1.1.1:80' }, socket],
  ['an address in brackets', { 'x-forwarded-for': '[::1]' }, socket],
  ['an address with zone', { 'x-forwarded-for': 'fe80::1%eth0' }, socket],
  ['a word', { 'x-forwarded-for': 'unknown, 203.0.113.7' }, socket],
  ['three numbers', { 'x-forwarded-for': '1.2.3' }, socket],
  ['a leading zero', { 'x-forwarded-for': '01.2.3.4' }, socket],
  ['an empty first element', { 'x-forwarded-for': ', 203.0.113.7' }, socket],
  ['a tab', { 'x-forwarded-for': '\t203.0.113.7' }, socket],
  ['a real address with spaces, which are not trimmed', { 'x-real-ip': ' 203.0.113.8' }, socket],
  ['empty headers', { 'x-forwarded-for': '', 'x-real-ip': '' }, socket],
]
for (const [what, headers, addr] of addresses) {
  test(`the address of a client, as registries find it: ${what}`, () => {
    assert.equal(newRequestRecord('', requestOf(headers)).addr, addr)
  })
}

test('a header that is no address is passed over with a warning', () => {
  const { telemetry, lines } = observed()
  newRequestRecord('', requestOf({ 'x-forwarded-for': 'x'.repeat(300), 'x-real-ip': '1.2.3' }), { telemetry })
  assert.deepEqual(
    lines.map(({ level, header, value }) => [level, header, value]),
    [
      ['warn', 'x-forwarded-for', 'x'.repeat(100)],
      ['warn', 'x-real-ip', '1.2.3'],
    ],
  )
})

test('connections are written as Go writes them', () => {
  const addr = (remoteAddress: string, remotePort?: number): string | undefined =>
    newRequestRecord('', requestOf({}, { socket: { remoteAddress, remotePort } })).addr
  assert.equal(addr('2001:db8::1', 1234), '[2001:db8::1]:1234')
  assert.equal(addr('::ffff:192.0.2.1', 1234), '192.0.2.1:1234')
  assert.equal(addr('192.0.2.1'), '192.0.2.1')
})

// The client writes what is on the left, each proxy of the chain adds who it was called by.
const chain = 'spoofed, 203.0.113.7, 10.1.1.1, 10.2.2.2'
const safe: readonly (readonly [
  what: string,
  trusted: readonly string[],
  headers: Record<string, string>,
  addr: string,
])[] = [
  ['nobody is trusted', [], { 'x-forwarded-for': chain, 'x-real-ip': '203.0.113.8' }, socket],
  ['the sender is not trusted', ['10.0.0.0/8'], { 'x-forwarded-for': chain }, socket],
  ['the sender alone is trusted', ['198.51.100.20'], { 'x-forwarded-for': chain }, '10.2.2.2'],
  ['two proxies are trusted', ['198.51.100.0/24', '10.2.0.0/16'], { 'x-forwarded-for': chain }, '10.1.1.1'],
  ['all proxies are trusted', ['198.51.100.0/24', '10.0.0.0/8'], { 'x-forwarded-for': chain }, '203.0.113.7'],
  [
    'everybody is trusted, up to what is no address',
    ['0.0.0.0/0'],
    { 'x-forwarded-for': chain },
    '203.0.113.7',
  ],
  ['everybody is trusted', ['0.0.0.0/0'], { 'x-forwarded-for': '203.0.113.7,10.1.1.1' }, '203.0.113.7'],
  ['the last element is no address', ['0.0.0.0/0'], { 'x-forwarded-for': '203.0.113.7, unknown' }, socket],
  ['a real address of a trusted sender', ['198.51.100.20/32'], { 'x-real-ip': '203.0.113.8' }, '203.0.113.8'],
  ['a real address that is none', ['198.51.100.20/32'], { 'x-real-ip': '203' }, socket],
  [
    'a list is not mixed with a real address, which the client may have sent',
    ['198.51.100.20'],
    { 'x-forwarded-for': 'unknown', 'x-real-ip': '203.0.113.8' },
    socket,
  ],
]
for (const [what, trusted, headers, addr] of safe) {
  test(`the address of a client with trusted proxies: ${what}`, () => {
    const request = requestOf(headers)
    assert.equal(newRequestRecord('', request, { trustedProxies: trusted }).addr, addr)
    assert.equal(newRequestRecord('', request, { trustedProxies: trustedProxies(trusted) }).addr, addr)
  })
}

test('an IPv4 proxy is recognised on a socket that listens on IPv6', () => {
  const request = requestOf(
    { 'x-forwarded-for': '203.0.113.7' },
    { socket: { remoteAddress: '::ffff:10.0.0.1', remotePort: 1 } },
  )
  assert.equal(newRequestRecord('', request, { trustedProxies: ['10.0.0.0/8'] }).addr, '203.0.113.7')
})

/** The record that a real server makes of a real request. */
async function recorded(
  t: TestContext,
  headers: Record<string, string | string[]>,
  make: (request: IncomingRequest) => RequestRecord,
): Promise<RequestRecord> {
  const records: RequestRecord[] = []
  const server = createServer((request, response) => {
    records.push(make(request))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  await new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', method: 'DELETE', headers, agent: false }, resolve)
    sent.once('error', reject).end()
  })
  return records[0] ?? {}
}

test('a request that came over HTTP gives a whole record', async (t) => {
  const record = await recorded(t, { 'User-Agent': 'skopeo' }, (request) => newRequestRecord('r', request))
  assert.match(record.addr ?? '', /^127\.0\.0\.1:\d+$/)
  assert.match(record.host ?? '', /^127\.0\.0\.1:\d+$/)
  assert.deepEqual([record.method, record.useragent], ['DELETE', 'skopeo'])
})

test('of several header lines registries read the first; with trusted proxies all of them count', async (t) => {
  const headers = { 'X-Forwarded-For': ['203.0.113.7', '203.0.113.8'] }
  assert.equal((await recorded(t, headers, (request) => newRequestRecord('', request))).addr, '203.0.113.7')
  const safely = (request: IncomingRequest) =>
    newRequestRecord('', request, { trustedProxies: ['127.0.0.1'] })
  assert.equal((await recorded(t, headers, safely)).addr, '203.0.113.8')
})
