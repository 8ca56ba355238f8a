import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { TlsOptions } from '../../../src/http/connection-options.ts'
import { type Answer, pem, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { bytes, drip, endless } from '../../unit/http/delivery-bed.ts'
import { BridgeBed } from './bridge-bed.ts'
import { EarlyReceiver } from './early-receiver.ts'
import { askedBy, atFirst, byRepository, FaultRun } from './fault-run.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

const ok = status(200)
/** Made here: it takes so long that the requests of a test beside it would run into their limits. */
const bomb = gzipSync(Buffer.alloc(64 << 20))
const okText = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'

/** The socket and all that is on its way are gone. */
const reset = (socket: Socket): void => {
  socket.resetAndDestroy()
}

/** For each repository a fault that its events meet at first. */
function faults(first: Readonly<Record<string, Answer>>): Readonly<Record<string, Answer>> {
  return Object.fromEntries(
    Object.entries(first).map(([name, fault]) => [`team/${name}`, atFirst(fault, ok)]),
  )
}

/** Connections that the bridge is to give up. */
class OpenSockets {
  readonly #open = new Set<Socket>()

  with(answer: Answer): Answer {
    return (socket, request) => {
      this.#open.add(socket)
      socket.on('close', () => this.#open.delete(socket))
      answer(socket, request)
    }
  }

  areClosed(): Promise<void> {
    return until(() => this.#open.size === 0, { what: () => `${this.#open.size} connections are open` })
  }
}

/** The receiver under a name, whose addresses are told by the test. */
const named = (url: string): string => url.replace('127.0.0.1', 'receiver.test')

describe('connections that fail, of a bridge on a real Kafka', { concurrency: 2 }, () => {
  test('G11: what is reset, ends early or is no HTTP is sent again, in order, also where the endpoint had taken it', async (t) => {
    const answers = faults({
      reset,
      ended: (socket) => socket.end(),
      headers: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
      half: (socket) => socket.write('HTTP/1.1 2', () => reset(socket)),
      ssh: (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      status: (socket) => socket.end('HTTP/1.1 9999 No\r\n\r\n'),
      failure: (socket) =>
        socket.write('HTTP/1.1 500 No\r\ncontent-length: 100\r\n\r\nhalf', () => reset(socket)),
    })
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: Object.keys(answers) },
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.requests.length, Object.keys(answers).length * 6)
  })

  test('G11: a name that is not found, an address that refuses, and then one that answers: all of it is delivered', async (t) => {
    const answers = [
      () => Promise.reject(Object.assign(new Error('later'), { code: 'EAI_AGAIN' })),
      async () => [],
      async () => ['127.0.0.2'],
    ]
    const run = await FaultRun.start(t, {
      ...{ bed, answer: ok, repositories: ['team/a', 'team/b'] },
      endpoint: (url) => ({
        url: named(url),
        concurrency: 1,
        addresses: { resolve: () => answers.shift()?.() ?? Promise.resolve(['127.0.0.1']) },
      }),
    })
    await run.ended()
    await run.assertAllDelivered()
    for (const reason of ['EAI_AGAIN', 'ENOTFOUND', 'ECONNREFUSED']) assert.equal(run.retriesFor(reason), 1)
  })

  test('G11: an endpoint whose certificate is not trusted gets nothing until it is, and then everything', async (t) => {
    let trusted: TlsOptions = {}
    const run = await FaultRun.start(t, {
      ...{ bed, answer: ok, repositories: ['team/a', 'team/b'] },
      tls: { cert: pem('server.crt'), key: pem('server.key') },
      endpoint: () => ({ tls: () => trusted }),
    })
    await until(() => run.retriesFor('UNABLE_TO_VERIFY_LEAF_SIGNATURE') > 2)
    assert.equal(run.receiver.requests.length, 0)
    trusted = { ca: pem('authority.crt') }
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.requests.length, 6)
  })

  test('F5: a name that means a metadata address at every other connection never leads there, and loses nothing', async (t) => {
    const asked: string[] = []
    const metadata = ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fd00:ec2::254']
    const resolve = async (hostname: string): Promise<readonly string[]> => {
      asked.push(hostname)
      const denied = metadata[(asked.length >> 1) % metadata.length] as string
      return asked.length % 2 === 0
        ? ['127.0.0.1']
        : asked.length % 4 === 1
          ? [denied]
          : ['127.0.0.1', denied]
    }
    const run = await FaultRun.start(t, {
      // Each answer ends its connection, so that every request asks for the name.
      bed,
      answer: (socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
      repositories: ['team/a', 'team/b'],
      endpoint: (url) => ({
        ...{ url: named(url), concurrency: 1, addresses: { resolve } },
        retry: { firstMs: 10, maxMs: 50, slowMs: 50 },
      }),
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.connections, 6)
    assert.equal(run.retriesFor('address_denied'), 6)
    assert.equal(asked.length, 12)
  })

  test('G12: an answer whose headers do not come, drip, or are too many or too large fails at its limit, and is asked for again', async (t) => {
    const open = new OpenSockets()
    const answers = faults({
      nothing: open.with(() => {}),
      drip: open.with((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nx: ')
        drip(socket, 'y')
      }),
      lines: open.with((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        endless(socket, 'a: b\r\n'.repeat(1_000))
      }),
      header: open.with(bytes(`HTTP/1.1 200 OK\r\na: ${'b'.repeat(1 << 20)}\r\n\r\n`)),
    })
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: Object.keys(answers), each: 2 },
      endpoint: () => ({ timeoutMs: 1_500 }),
    })
    await run.ended()
    await run.assertAllDelivered()
    for (const { event, attempts } of run.delivered) assert.ok(attempts > 1, event.id)
    await open.areClosed()
  })

  test('G12: after 200 a body that drips, never ends or is a bomb takes neither time nor memory, and the event is delivered', async (t) => {
    const open = new OpenSockets()
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    const answers = {
      'team/drip': open.with((socket) => {
        socket.write(chunked)
        drip(socket, '1\r\nx\r\n')
      }),
      'team/endless': open.with((socket) => {
        socket.write(chunked)
        endless(socket, `ffff\r\n${'x'.repeat(0xffff)}\r\n`)
      }),
      'team/gigabyte': open.with((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n')
        endless(socket, 'x'.repeat(0xffff))
      }),
      'team/bomb': open.with((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
        socket.write(bomb)
      }),
    }
    const before = process.memoryUsage().arrayBuffers
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: Object.keys(answers), each: 2 },
      endpoint: () => ({ timeoutMs: 20_000 }),
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.requests.length, 8)
    await open.areClosed()
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 << 20)
  })

  test('G14: 200 whose connection dies before the end of its body is delivered, and not sent again', async (t) => {
    const answers: Record<string, Answer> = {
      'team/length': (socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => reset(socket)),
      'team/chunks': (socket) =>
        socket.write('HTTP/1.1 202 Yes\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha', () => reset(socket)),
      'team/ended': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n'),
    }
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: Object.keys(answers) },
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.requests.length, 9)
  })

  test('G16: what comes before the answer, 100 Continue or 103 Early Hints, is no failure', async (t) => {
    const answers = {
      'team/continue': bytes('HTTP/1.1 100 Continue\r\n\r\n', okText),
      'team/at-once': bytes(`HTTP/1.1 100 Continue\r\n\r\n${okText}`),
      'team/hints': bytes('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', okText),
    }
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: Object.keys(answers) },
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.requests.length, 9)
  })

  test('G16: an answer that comes before the event was read counts, be it taken or refused', async (t) => {
    const where = await bed.topic(1)
    const early = await new EarlyReceiver([200, 413, 200]).listen()
    t.after(() => early.close())
    // No buffer between the two sides holds all of it.
    await bed.send(
      where.topic,
      [0, 1, 2].map((sequence) => bed.large('team/large', sequence, 900_000)),
      'gzip',
    )
    const run = await FaultRun.start(t, { bed, answer: ok, where, endpoint: () => ({ url: early.url }) })
    await run.ended()
    assert.deepEqual(
      run.delivered.map(({ event }) => event.id),
      ['team/large#0', 'team/large#2'],
    )
    assert.equal((await run.deadLetters())[0]?.headers['relay.last.status'], '413')
    assert.equal(early.requests, 3)
  })

  test('G16: a kept connection that the endpoint closed between events costs no attempt', async (t) => {
    let ended = 0
    const run = await FaultRun.start(t, {
      bed,
      answer: (socket) => {
        socket.on('close', () => ended++)
        socket.write(okText, () => socket.end())
      },
    })
    for (let sequence = 0; sequence < 4; sequence++) {
      await bed.produce(run.where.topic, ['team/app'], sequence + 1, sequence)
      await until(() => run.delivered.length === sequence + 1 && ended === sequence + 1)
    }
    assert.deepEqual(
      run.receiver.requests.map((request) => askedBy(request).attempt),
      [1, 1, 1, 1],
    )
  })
})
