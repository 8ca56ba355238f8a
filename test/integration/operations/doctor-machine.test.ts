import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../../src/config/config.ts'
import type { Seen } from '../../../src/operations/doctor/check.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { doctorConfig, examine, privateFolder } from './doctor-bed.ts'
import { startRelay } from './relay-command.ts'

// Nothing here needs a Kafka.
const nowhere = { brokers: ['127.0.0.1:1'], registry: 'http://127.0.0.1:1' }

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/kafka-tls/${name}`, import.meta.url))

function spoolIn(folder: string): Config {
  return doctorConfig(nowhere, { gateway: { port: 0 }, spool: { folder } })
}

async function openSpool(folder: string): Promise<FileSpool> {
  return FileSpool.open({
    folder,
    disk: nodeDisk,
    processes: nodeProcesses,
    maxBytes: 8 * 1024 ** 2,
    segmentBytes: 65_536,
  })
}

/** Resolves with the port. Closed with the test. */
async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

async function endpointSeen(endpoint: object): Promise<Seen | undefined> {
  const config = doctorConfig(nowhere, { bridge: { endpoints: [{ name: 'audit', ...endpoint }] } })
  return (await examine(config, ['endpoints'])).lines('endpoint audit')[0]
}

test('a spool that a relay has open is a note, what waits in it is told, and no file of it changes', async (t) => {
  const folder = privateFolder(t)
  const spool = await openSpool(folder)
  t.after(() => spool.close())
  await spool.append(Buffer.alloc(10_000))
  const before = readdirSync(folder).toSorted()
  const { states, lines } = await examine(spoolIn(folder), ['spool'])
  assert.deepEqual(
    lines('spool folder').map(({ state }) => state),
    ['ok', 'note'],
  )
  assert.equal(lines('spool folder')[1]?.text, `a relay has it open: process ${process.pid}`)
  assert.match(
    String(lines('spool content')[0]?.text),
    /^9\.8 KiB wait for Kafka, 0 % of spool\.maxBytes, the oldest for \d+ s$/,
  )
  assert.equal(states['spool content'], 'ok')
  assert.deepEqual(readdirSync(folder).toSorted(), before)

  const [record] = await spool.read({ records: 1, bytes: 1 << 20 })
  await spool.ack(record?.sequence ?? -1)
  await spool.close()
  const after = await examine(spoolIn(folder), ['spool'])
  assert.equal(after.lines('spool content')[0]?.text, 'nothing waits for Kafka')
  assert.deepEqual(
    after.lines('spool folder').map(({ state }) => state),
    ['ok'],
  )
})

test('what waits is counted from the first record that is not confirmed, over all files behind it', async (t) => {
  const folder = privateFolder(t)
  const spool = await openSpool(folder)
  for (let number = 0; number < 20; number += 1) await spool.append(Buffer.alloc(10_000))
  const records = await spool.read({ records: 9, bytes: 1 << 20 })
  await spool.ack(records.at(-1)?.sequence ?? -1)
  await spool.close()
  const { lines } = await examine(spoolIn(folder), ['spool'])
  const kibibytes = Number(/^([\d.]+) KiB wait/.exec(String(lines('spool content')[0]?.text))?.[1])
  // Eleven records with a few bytes around each.
  assert.ok(kibibytes > 107 && kibibytes < 109, String(kibibytes))
})

test('a folder that others may write to, or that is a file, is an error, and the disk is then not looked at', async (t) => {
  const folder = privateFolder(t)
  chmodSync(folder, 0o777)
  const open = await examine(spoolIn(folder), ['spool'])
  assert.match(String(open.lines('spool folder')[0]?.text), /others may write to it \(mode 0777\)/)
  assert.equal(open.states['spool disk'], 'skipped')
  chmodSync(folder, 0o700)
  writeFileSync(join(folder, 'file'), '')
  const file = await examine(spoolIn(join(folder, 'file')), ['spool'])
  assert.match(String(file.lines('spool folder')[0]?.text), /it is a file/)
})

test('a folder of another user is told to root as what it does not know', async (t) => {
  assert.equal(process.geteuid?.(), 0, 'only root can give a folder away')
  const folder = privateFolder(t)
  execFileSync('chown', ['1234', folder])
  const [seen] = (await examine(spoolIn(folder), ['spool'])).lines('spool folder')
  assert.equal(seen?.state, 'warning')
  assert.match(String(seen?.todo), /sudo -u '#1234'/)
})

test('a small disk in memory is warned of for both, and a full one is an error', async (t) => {
  assert.equal(process.geteuid?.(), 0, 'only root can mount a small file system')
  const stops = stopsInReverse(t)
  const home = mkdtempSync(join(tmpdir(), 'relay-doctor-'))
  stops(() => rmSync(home, { recursive: true, force: true }))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'doctor-test', home])
  stops(() => execFileSync('umount', [home]))
  const folder = join(home, 'spool')
  mkdirSync(folder, { mode: 0o700 })
  const small = (await examine(spoolIn(folder), ['spool'])).lines('spool disk')
  assert.match(String(small[0]?.text), /1 MiB free, and the spool may grow to 10 GiB/)
  assert.match(String(small[1]?.text), /is on tmpfs, memory/)
  writeFileSync(join(home, 'filler'), Buffer.alloc(1024 ** 2 - 8_192))
  writeFileSync(join(home, 'more'), Buffer.alloc(8_192))
  const full = await examine(spoolIn(folder), ['spool'])
  assert.equal(full.states['spool disk'], 'error')
  assert.match(String(full.lines('spool disk')[0]?.text), /the disk is full/)
  assert.deepEqual(readdirSync(folder), [])
})

test('a cursor that is damaged and records that the disk damaged are warned of', async (t) => {
  const folder = privateFolder(t)
  const spool = await openSpool(folder)
  await spool.append(Buffer.from('a'))
  await spool.close()
  writeFileSync(join(folder, 'cursor'), 'not a cursor')
  writeFileSync(join(folder, '0000000000000000-00000000.segment-64.bad'), 'x')
  const { lines } = await examine(spoolIn(folder), ['spool'])
  const warned = lines('spool content').filter(({ state }) => state === 'warning')
  assert.deepEqual(
    warned.map(({ text }) => text.slice(0, 24)),
    ['the note of what Kafka h', 'the disk damaged records'],
  )
})

test('endpoints: refused, of an unknown name and at a denied address are errors with their key', async () => {
  const refused = await endpointSeen({ url: 'http://127.0.0.1:1/hook?token=canary' })
  assert.match(String(refused?.text), /^audit \(http:\/\/127\.0\.0\.1:1\): no connection \(ECONNREFUSED\)/)
  const unknown = await endpointSeen({ url: 'https://no-such-host.invalid/' })
  assert.match(String(unknown?.text), /knows no host of that name|could not be looked up/)
  const metadata = await endpointSeen({ url: 'http://169.254.169.254/latest' })
  assert.match(String(metadata?.text), /169\.254\.169\.254 is not allowed \(metadata\)/)
  assert.match(String(metadata?.todo), /addresses\.allow/)
  const inner = await endpointSeen({ url: 'http://localhost:1/', addresses: { denyPrivate: true } })
  assert.match(String(inner?.text), /is not allowed \(loopback\)/)
  for (const seen of [refused, unknown, metadata, inner]) {
    assert.equal(seen?.state, 'error')
    assert.match(String(seen?.todo), /bridge\.endpoints\.audit\.url|resolver/)
    assert.ok(!JSON.stringify(seen).includes('canary'))
  }
})

test('certificates: one that is well, one of nobody we trust and one that has expired', async (t) => {
  const tls = { caFile: fixture('authority.crt') }
  const serve = async (name: string): Promise<string> => {
    const pem = readFileSync(fixture(name))
    const server = createServer({ key: pem, cert: pem }, (_request, response) => response.end())
    return `https://127.0.0.1:${await listening(t, server)}/`
  }
  const good = await serve('broker.pem')
  const well = await endpointSeen({ url: good, tls })
  assert.equal(well?.state, 'ok')
  assert.match(String(well?.text), /certificate valid until 2099-12-31, answers 200 to HEAD$/)
  const stranger = await endpointSeen({ url: good })
  assert.match(String(stranger?.text), /no authority that is trusted here/)
  assert.match(String(stranger?.todo), /bridge\.endpoints\.audit\.tls\.caFile/)
  const expired = await endpointSeen({ url: await serve('broker-expired.pem'), tls })
  assert.match(String(expired?.text), /has expired.*until 2020-02-01/)
})

test('what takes connections and is no HTTP server is warned of, and so is TLS where there is none', async (t) => {
  const port = await listening(
    t,
    createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.end('220 mail.example ESMTP\r\n')
    }),
  )
  const plain = await endpointSeen({ url: `http://127.0.0.1:${port}/` })
  assert.equal(plain?.state, 'warning')
  assert.match(String(plain?.text), /does not answer HTTP/)
  const secure = await endpointSeen({ url: `https://127.0.0.1:${port}/` })
  assert.equal(secure?.state, 'error')
  assert.match(String(secure?.text), /connected, but no TLS/)
})

test('servers that take connections and say nothing are told apart from those that are away', async (t) => {
  const mute = createTcpServer((socket) => {
    socket.on('error', () => {})
    t.after(() => socket.destroy())
  })
  const at = `127.0.0.1:${await listening(t, mute)}`
  const config = doctorConfig({ brokers: [at], registry: `http://${at}` })
  const { states, lines, results } = await examine(config, ['kafka', 'schema'], undefined, 1_000)
  assert.equal(states['brokers'], 'ok')
  assert.equal(lines('cluster')[0]?.text, 'Kafka takes connections and does not answer')
  assert.match(String(lines('schema registry')[0]?.text), /takes connections and does not answer HTTP/)
  assert.equal(results.at(-1)?.because, 'the schema registry cannot be reached')
})

test('a port that another program has is an error with the command that finds it', async (t) => {
  const port = await listening(t, createTcpServer())
  const config = doctorConfig(nowhere, { gateway: { port, ackMode: 'kafka' } })
  const [seen] = (await examine(config, ['gateway'])).lines('gateway port')
  assert.equal(seen?.state, 'error')
  assert.match(String(seen?.todo), new RegExp(`sport = :${port}`))
})

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('ports of a gateway that runs are known as its own, are none for a bridge, and a stranger is told from it', async (t) => {
  const [gatewayPort, managementPort] = [await freePort(), await freePort()]
  const { child, end } = startRelay(
    'serve',
    ...[
      ...['kafka.brokers=127.0.0.1:1', 'schemaRegistry.url=http://127.0.0.1:1', 'gateway.ackMode=kafka'],
      ...[`gateway.port=${gatewayPort}`, `management.port=${managementPort}`],
    ].flatMap((setting) => ['--set', setting]),
  )
  t.after(async () => {
    child.kill()
    await end
  })
  const see = async (port: number, gateway: boolean): Promise<ReturnType<typeof examine>> => {
    const config = doctorConfig(nowhere, {
      gateway: { port, ackMode: 'kafka' },
      management: { port: managementPort },
    })
    return examine(config, ['gateway'], { gateway, bridge: !gateway })
  }
  await until(async () => (await see(gatewayPort, true)).states['gateway port'] === 'note')
  const own = await see(gatewayPort, true)
  assert.match(
    String(own.lines('management port')[0]?.text),
    /is the management port of a gateway that runs$/,
  )

  const [forBridge] = (await see(gatewayPort, false)).lines('management port')
  assert.equal(forBridge?.state, 'error')
  assert.equal(forBridge?.todo, 'give the bridge another one: --set management.port=…')

  const stranger = await listening(
    t,
    createHttpServer((_request, response) => response.end()),
  )
  const [taken] = (await see(stranger, true)).lines('gateway port')
  assert.equal(taken?.state, 'error')
  assert.match(String(taken?.text), /is taken by another program/)
})
