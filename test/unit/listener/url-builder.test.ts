import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { newURLBuilder, type URLBuilderOptions } from '../../../src/listener/url-builder.ts'
import { requestOf } from './listener-support.ts'

const digest = `sha256:${'3'.repeat(64)}`

/** What stands before `v2/`, the same in both kinds of URLs. */
function rootOf(options: URLBuilderOptions): string {
  const urls = newURLBuilder(options)
  const [root = ''] = urls.buildManifestURL('foo/bar', digest).split(`v2/foo/bar/manifests/${digest}`)
  assert.equal(urls.buildManifestURL('foo/bar', digest), `${root}v2/foo/bar/manifests/${digest}`)
  assert.equal(urls.buildManifestURL('foo/bar', 'tag'), `${root}v2/foo/bar/manifests/tag`)
  assert.equal(urls.buildBlobURL('foo/bar', digest), `${root}v2/foo/bar/blobs/${digest}`)
  return root
}

for (const host of [
  'http://example.com',
  'https://example.com',
  'http://localhost:5000',
  'https://Example.com:443',
  'https://[2001:db8::1]:5000',
]) {
  test(`URLs on the configured host ${host} begin with it, with or without a prefix`, () => {
    assert.equal(rootOf({ host }), `${host}/`)
    assert.equal(rootOf({ host: `${host}/` }), `${host}/`)
    assert.equal(rootOf({ host: `${host}/a/prefix/` }), `${host}/a/prefix/`)
    assert.equal(rootOf({ host: `${host}/a/file` }), `${host}/a/`)
    assert.equal(rootOf({ host: `${host}/a/prefix/`, relativeUrls: true }), '/')
  })
}

const fromRequest: readonly (readonly [what: string, headers: Record<string, string>, root: string])[] = [
  ['no forwarded header', {}, 'http://example.com/'],
  ['a header of no meaning', { 'x-custom-forwarded-proto': 'https' }, 'http://example.com/'],
  ['the scheme', { 'x-forwarded-proto': 'https' }, 'https://example.com/'],
  ['the host', { 'x-forwarded-host': 'first.example.com' }, 'http://first.example.com/'],
  [
    'the first of several hosts',
    { 'x-forwarded-host': 'first.example.com, proxy1.example.com' },
    'http://first.example.com/',
  ],
  ['host and port', { 'x-forwarded-host': 'first.example.com:443' }, 'http://first.example.com:443/'],
  ['the port header means nothing', { 'x-forwarded-port': '443 , 5001' }, 'http://example.com/'],
  [
    'scheme and host, with spaces',
    { 'x-forwarded-proto': 'https', 'x-forwarded-host': ' first.example.com:12345 ' },
    'https://first.example.com:12345/',
  ],
  ['the standard header', { forwarded: 'proto=https;host="192.168.22.30:80"' }, 'https://192.168.22.30:80/'],
  [
    'host wins over for',
    { forwarded: 'host="reg.example.com:5000";for="192.168.22.30"' },
    'http://reg.example.com:5000/',
  ],
  [
    'its first element',
    { forwarded: 'host="a.test:443";proto=https, host="b.test:80";proto=http' },
    'https://a.test:443/',
  ],
  ['an IPv6 host', { forwarded: 'for="2607::4";host="[2607::4]:5001"' }, 'http://[2607::4]:5001/'],
  [
    'the standard header wins',
    {
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'first.test',
      forwarded: 'host=second.test; proto=https',
    },
    'https://second.test/',
  ],
  [
    'a standard header that says nothing of use wins too',
    { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'first.test', forwarded: 'for=127.0.0.1' },
    'http://example.com/',
  ],
  [
    'the standard header with just the scheme',
    { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'first.test', forwarded: 'proto=https' },
    'https://example.com/',
  ],
  [
    'a malformed standard header',
    { 'x-forwarded-host': 'first.test', forwarded: 'host=' },
    'http://example.com/',
  ],
  ['what is no scheme', { 'x-forwarded-proto': '//' }, 'http://example.com/'],
  ['what is no host', { 'x-forwarded-host': 'a.test/path?<script>' }, 'http://example.com/'],
  ['credentials before a host', { 'x-forwarded-host': 'registry@evil.test' }, 'http://example.com/'],
]
for (const [what, headers, root] of fromRequest) {
  test(`URLs from a request: ${what}`, () => {
    const request = requestOf({ host: 'example.com', ...headers })
    assert.equal(rootOf({ request }), root)
    assert.equal(
      rootOf({ request, host: 'https://third.example.com:5000' }),
      'https://third.example.com:5000/',
    )
    assert.equal(rootOf({ request, relativeUrls: true }), '/')
  })
}

test('over TLS the scheme is https, unless a proxy says otherwise', () => {
  const socket = { remoteAddress: '10.0.0.1', encrypted: true }
  assert.equal(rootOf({ request: requestOf({ host: 'a.test' }, { socket }) }), 'https://a.test/')
  assert.equal(
    rootOf({ request: requestOf({ host: 'a.test', 'x-forwarded-proto': 'http' }, { socket }) }),
    'http://a.test/',
  )
})

test('a path before /v2/ is kept, up to the first one', () => {
  const roots = Object.fromEntries(
    [
      '/v2/foo/bar/manifests/1',
      '/prefix/v2/',
      '/a/b/v2/foo/v2/bar?x=/v2/',
      '/other?next=/x/v2/',
      'http://proxy.test/prefix/v2/',
    ].map((url) => [url, rootOf({ request: requestOf({ host: 'example.com' }, { url }) })]),
  )
  assert.deepEqual(roots, {
    '/v2/foo/bar/manifests/1': 'http://example.com/',
    '/prefix/v2/': 'http://example.com/prefix/',
    '/a/b/v2/foo/v2/bar?x=/v2/': 'http://example.com/a/b/',
    '/other?next=/x/v2/': 'http://example.com/',
    'http://proxy.test/prefix/v2/': 'http://example.com/prefix/',
  })
})

test('where no host is known the URLs are paths', () => {
  assert.equal(rootOf({}), '/')
  assert.equal(rootOf({ host: '' }), '/')
  assert.equal(rootOf({ request: requestOf({}) }), '/')
  assert.equal(rootOf({ request: { headers: {}, socket: {} } }), '/')
})

test('forwarded headers of a sender that is not trusted do not decide where URLs point to', () => {
  const request = requestOf({
    host: 'example.com',
    'x-forwarded-host': 'evil.test',
    forwarded: 'host=evil.test',
  })
  assert.equal(rootOf({ request, trustedProxies: [] }), 'http://example.com/')
  assert.equal(rootOf({ request, trustedProxies: ['198.51.100.0/24'] }), 'http://evil.test/')
  assert.equal(
    rootOf({ request, trustedProxies: (address) => address === '198.51.100.20' }),
    'http://evil.test/',
  )
})

test('a configured host that is no URL, or would show a password, is refused without showing it', () => {
  for (const host of [
    'registry.example.test',
    'https://',
    '/v2/',
    'https://user:secret@a.test/',
    'https://a b/',
  ]) {
    assert.throws(
      () => newURLBuilder({ host }),
      (error: unknown) => isRelayError(error, 'CONFIG_INVALID') && !error.message.includes('secret'),
      host,
    )
  }
})

test('names, digests and tags that registries have give URLs', () => {
  const urls = newURLBuilder({})
  for (const name of [
    'a',
    'a/b/c',
    'a-b/c_d/e__f/g.h',
    'registry.example.test:5000/A'.toLowerCase(),
    'Host.test/x',
    'a---b',
  ]) {
    assert.equal(urls.buildBlobURL(name, digest), `/v2/${name}/blobs/${digest}`)
  }
  for (const reference of ['v1', '_', 'A.b-c', `sha512:${'f'.repeat(128)}`, `a+b.c:${'0'.repeat(32)}`]) {
    assert.equal(urls.buildManifestURL('a', reference), `/v2/a/manifests/${reference}`)
  }
})

test('what no registry has gives an error instead of a URL that leads elsewhere', () => {
  const urls = newURLBuilder({})
  const invalid = (error: unknown): boolean => isRelayError(error, 'EVENT_INVALID')
  for (const name of [
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/../b',
    'A',
    'a b',
    'a?x',
    'a..b',
    '_a',
    'a___b',
    'a'.repeat(256),
    'é',
  ]) {
    assert.throws(() => urls.buildBlobURL(name, digest), invalid, name)
  }
  for (const reference of [
    '',
    '..',
    '-a',
    'a/b',
    'sha256:1234',
    'a'.repeat(129),
    'a#b',
    `sha256:${'g'.repeat(64)}`,
  ]) {
    assert.throws(() => urls.buildManifestURL('a', reference), invalid, reference)
  }
})
