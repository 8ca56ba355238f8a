import { chunkOf, eventId, requestOf, type StreamShape } from './stream-shape.ts'

/**
 * Doubts about where a body ends. The canary is inside of the body by the one right reading, or behind a request that
 * must be refused; where it is a request of its own, it is among the allowed.
 */
export const framingShapes: Readonly<Record<string, StreamShape>> = {
  'length and chunks': ({ head, body, canary, pick }) => {
    const name = pick.of([
      'Transfer-Encoding',
      'transfer-encoding',
      'Transfer-Encoding ',
      ' Transfer-Encoding',
      'Transfer-Encoding\t',
      'X: y\nTransfer-Encoding',
      'X: y\rTransfer-Encoding',
    ])
    const encoding = pick.of([
      'chunked',
      'Chunked',
      'chunked, identity',
      'identity, chunked',
      'xchunked',
      '\x0bchunked',
      'chunked\t',
      '"chunked"',
      'gzip, chunked',
      'identity',
      '',
    ])
    const length = pick.of([body.length, body.length + canary.length + 5, 4, 0])
    const lines = [`${name}: ${encoding}\r\n`, `Content-Length: ${length}\r\n`]
    if (pick.chance(0.5)) lines.reverse()
    return `${head}${lines.join('')}\r\n${pick.of(['', chunkOf(body)])}0\r\n\r\n${canary}`
  },
  'an encoding that says nothing': ({ head, canary, pick }) => {
    const lines = [
      `Transfer-Encoding:${pick.of(['', ' ', '\t'])}\r\n`,
      `Content-Length: ${pick.of([4, 5])}\r\n`,
    ]
    if (pick.chance(0.5)) lines.reverse()
    return `${head}${lines.join('')}\r\n0\r\n\r\n${canary}`
  },
  'two lengths': ({ head, body, canary, pick }) => {
    const other = pick.of([0, 1, body.length + canary.length, `${body.length}, 0`])
    const lines = [`Content-Length: ${body.length}\r\n`, `Content-Length: ${other}\r\n`]
    if (pick.chance(0.5)) lines.reverse()
    return `${head}${lines.join('')}\r\n${body}${canary}`
  },
  'an odd length': ({ head, body, canary, pick }) => {
    const { length } = body
    const odd = [`+${length}`, `-${length}`, `0x${length.toString(16)}`, `${length}.0`, `${length} ${length}`]
    const more = [
      `${length};`,
      `${length}\0`,
      `${length},0`,
      '1e2',
      '',
      ' ',
      '9'.repeat(20),
      '18446744073709551617',
    ]
    return `${head}Content-Length: ${pick.of([...odd, ...more])}\r\n\r\n${body}${canary}`
  },
  'an odd chunk': ({ head, body, canary, pick }) => {
    const content = `${body}${canary}`
    const size = content.length.toString(16)
    const odd = [
      `0x${size}`,
      `+${size}`,
      `-${size}`,
      ` ${size}`,
      `${size} `,
      `${size}\t`,
      `${size}\n`,
      'g',
      '',
    ]
    const long = [`${size};${'x'.repeat(pick.below(30_000))}`, `${'0'.repeat(pick.below(5_000))}${size}`]
    const huge = [`FFFFFFFFFFFFFFFF${size}`, '7fffffffffffffff', 'fffffffffffffffff']
    const extended = [`${size};a=b`, `${size};a="\r\n${size}"`, `${size};a\n`, `${size};\r`]
    const line = pick.of([...odd, ...long, ...huge, ...extended])
    return `${head}Transfer-Encoding: chunked\r\n\r\n${line}\r\n${content}\r\n0\r\n\r\n`
  },
  'chunks that end wrongly': ({ head, body, canary, pick }) => {
    const [separator, end] = pick.of([
      ['xx', '0\r\n\r\n'],
      ['', '0\r\n\r\n'],
      ['\r\n\r\n', '0\r\n\r\n'],
      ['\r\n', '0\r\n\r'],
      ['\r\n', '0\r\nX\0: y\r\n\r\n'],
      ['\r\n', '-0\r\n\r\n'],
      ['\r\n', `0\r\nT: ${'x'.repeat(20_000)}\r\n\r\n`],
      ['\n', '0\r\n\r\n'],
      ['\r\n', '0\n\n'],
      ['\r\n', '0\r\nX: y\n\n'],
    ] as const)
    return `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}${separator}${end}${canary}`
  },
  'chunks that end, and a request': ({ head, body, canary, number, pick }) => {
    const end = pick.of([
      '0\r\n\r\n',
      '0\r\nX: y\r\n\r\n',
      `0\r\nContent-Length: ${canary.length}\r\n\r\n`,
      '0\r\nTransfer-Encoding: chunked\r\n\r\n',
      `0\r\n${'T: x\r\n'.repeat(1_000)}\r\n`,
      '00000\r\n\r\n',
      '0;x\r\n\r\n',
    ])
    return {
      bytes: `${head}Transfer-Encoding: chunked\r\n\r\n${chunkOf(body)}${end}${canary}`,
      allowed: [eventId('outer', number), eventId('canary', number)],
    }
  },
  'chunks in HTTP/1.0': ({ head, body, canary }) =>
    `${head.replace('HTTP/1.1', 'HTTP/1.0')}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${chunkOf(body)}0\r\n\r\n${canary}`,
  'behind a close': ({ head, body, canary, pick }) =>
    `${requestOf(`${head}Connection: ${pick.of(['close', 'Close', 'keep-alive, close'])}\r\n`, body)}${canary}`,
  'behind HTTP/1.0': ({ head, body, canary }) =>
    `${requestOf(head.replace('HTTP/1.1', 'HTTP/1.0'), body)}${canary}`,
  'bare line ends': ({ head, body, canary, pick }) => {
    const content = `${body}${canary}`
    const lines = `${head}Content-Length: ${content.length}\r\n\r\n`
    return `${lines.replaceAll('\r\n', pick.of(['\n', '\r', '\n\r', '\r\r\n', '\x85']))}${content}`
  },
  'folded lines': ({ head, body, canary, pick }) => {
    const content = `${body}${canary}`
    const fold = pick.of([' ', '\t'])
    const length = pick.of([`Content-Length:\r\n ${content.length}`, `Content-Length: ${content.length}`])
    return `${head}X: a\r\n${fold}Content-Length: ${body.length}\r\n${length}\r\n\r\n${content}`
  },
  'odd header lines': ({ head, body, canary, pick }) => {
    const content = `${body}${canary}`
    const line = pick.of([
      'Bad Name: x',
      ': x',
      'NoColon',
      'X: \0',
      'X\0: y',
      'X: \x7f',
      '\x80: y',
      'X:\ry',
      'Host: other',
      `Content-Length : ${body.length}`,
      '(comment): y',
    ])
    return `${head}${line}\r\nContent-Length: ${content.length}\r\n\r\n${content}`
  },
  'a request in the body': ({ head, body, canary, pick }) => {
    const content = pick.of([canary, `${body}${canary}`, `\r\n\r\n${canary}`, `0\r\n\r\n${canary}`])
    return pick.chance(0.5)
      ? requestOf(head, content)
      : `${head}Transfer-Encoding: chunked\r\n\r\n${chunkOf(content)}0\r\n\r\n`
  },
}
