import { honestBody } from './post.ts'
import { eventId, hostLine, requestOf, type StreamShape } from './stream-shape.ts'

/** Requests, and what looks like one, that are odd in other ways than in their end. */
export const requestShapes: Readonly<Record<string, StreamShape>> = {
  'sent ahead': ({ head, body, number, pick }) => {
    const allowed = ['outer', 'second', 'third']
      .slice(0, 2 + pick.below(2))
      .map((name) => eventId(name, number))
    const [, ...more] = allowed
    const rest = more.map((id) => requestOf(head, honestBody(id))).join('')
    return { bytes: `${requestOf(head, body)}${rest}`, allowed, due: true }
  },
  'sent ahead, then nonsense': ({ head, body, pick }) =>
    `${requestOf(head, body)}${pick.of(['\0\0\0', 'GET\r\n\r\n', 'nonsense / HTTP/1.1\r\n\r\n', '\x16\x03\x01'])}`,
  'empty lines first': ({ head, body, number, pick }) => ({
    bytes: `${'\r\n'.repeat(1 + pick.below(50))}${requestOf(head, body)}`,
    allowed: [eventId('outer', number)],
    due: true,
  }),
  'as it should be': ({ head, body, number }) => ({
    bytes: requestOf(head, body),
    allowed: [eventId('outer', number)],
    due: true,
  }),
  'a large header': ({ head, body, pick }) =>
    requestOf(`${head}X: ${'x'.repeat(pick.of([7_000, 20_000, 1_000_000]))}\r\n`, body),
  'many headers': ({ head, body, pick }) => {
    const lines = Array.from({ length: pick.of([200, 300, 2_000]) }, (_, at) => `a${at}:1\r\n`)
    return requestOf(`${head}${lines.join('')}`, body)
  },
  expectations: ({ head, body, pick }) => {
    const expected = [
      '100-continue',
      '100-Continue',
      '200-ok',
      '100-continue, 100-continue',
      '',
      'x'.repeat(500),
    ]
    return requestOf(`${head}Expect: ${pick.of(expected)}\r\n`, body)
  },
  'odd targets': ({ head, body, pick }) => {
    const target = pick.of([
      'http://relay/notifications',
      'http://other:1/notifications',
      'https://user:password@other/notifications?a',
      'file:///notifications',
      'http://[::1/notifications',
      'http:///notifications',
      '//notifications',
      '*',
      '/notifications#x',
      '/./notifications',
      '/%6eotifications',
      '/notifications/',
      '\\notifications',
      `/notifications?${'q'.repeat(6_000)}`,
    ])
    return requestOf(head.replace('/notifications', target), body)
  },
  upgrades: ({ head, body, canary, pick }) => {
    const lines = `Connection: Upgrade\r\nUpgrade: ${pick.of(['websocket', 'h2c', 'TLS/1.2'])}\r\n`
    return requestOf(`${head}${lines}`, `${body}${canary}`)
  },
  connect: ({ canary, pick }) =>
    `CONNECT ${pick.of(['relay:443', '/notifications', '169.254.169.254:80'])} HTTP/1.1\r\n${hostLine}\r\n${canary}`,
  'other methods': ({ head, body, canary, pick }) => {
    const known = ['GET', 'HEAD', 'PUT', 'OPTIONS', 'TRACE', 'PATCH', 'DELETE', 'PROPFIND', 'M-SEARCH']
    const method = pick.of([...known, 'PRI', 'post', 'POSTS', 'P\0ST', ''])
    return requestOf(head.replace('POST', method), `${body}${canary}`)
  },
  'other versions': ({ head, body, pick }) => {
    const versions = [
      'HTTP/1.0',
      'HTTP/0.9',
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/3',
      'HTTP/11',
      'http/1.1',
      'ICE/1.0',
      'RTSP/1.0',
      '',
    ]
    return requestOf(head.replace('HTTP/1.1', pick.of(versions)), body)
  },
  'nonsense behind a refused head': ({ head, pick }) => {
    const refused = pick.of(['POST /elsewhere', 'GET /notifications', 'PUT /notifications'])
    return `${head.replace('POST /notifications', refused)}Transfer-Encoding: chunked\r\n\r\n${pick.of(['nonsense\r\n', '\0', '5\r\nhelloXX'])}`
  },
  'no version': ({ pick }) =>
    pick.of(['GET /notifications\r\n', 'POST /notifications\r\n\r\n', 'GET /metrics\n']),
  'no Host, or odd ones': ({ head, body, pick }) =>
    requestOf(
      head.replace(hostLine, pick.of(['', `${hostLine}Host: other\r\n`, 'Host: \r\n', 'Host: a b\r\n'])),
      body,
    ),
  'preface of HTTP/2': () =>
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(9)]),
  'beginning of TLS': ({ pick }) =>
    Buffer.concat([Buffer.from('16030100c4010000c00303', 'hex'), pick.bytes(187)]),
  'random bytes': ({ pick }) => pick.bytes(1 + pick.below(3_000)),
  'random bytes in a head': ({ head, body, pick }) => {
    const bytes = Buffer.from(requestOf(head, body), 'latin1')
    for (let times = 1 + pick.below(4); times > 0; times--) {
      bytes.writeUInt8(pick.below(256), pick.below(head.length))
    }
    return bytes
  },
  'no end': ({ head, body, pick }) => {
    const whole = requestOf(head, body)
    return whole.slice(0, 1 + pick.below(whole.length - 1))
  },
}
