import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ownEnvironment } from '../../support/own-environment.ts'
import { Scrape } from '../../support/scrape.ts'
import { until } from '../../support/until.ts'

const headers = { 'content-type': 'application/vnd.docker.distribution.events.v1+json' }
const body = JSON.stringify({
  events: [
    {
      id: 'one',
      timestamp: '2026-01-01T00:00:00Z',
      action: 'push',
      target: { repository: 'a/b', digest: `sha256:${'a'.repeat(64)}` },
    },
  ],
})

interface Started {
  readonly lines: () => readonly Readonly<Record<string, unknown>>[]
  readonly stderr: () => string
  readonly pid: number | undefined
  readonly signal: (name: NodeJS.Signals) => void
  readonly ended: Promise<number | null>
}

/** A gateway whose Kafka and schema registry are away. @param setting of the configuration: `key=value` */
async function serve(t: TestContext, setting: (folder: string) => string): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'service-'))
  const file = join(folder, 'relay.json')
  const config = {
    kafka: { brokers: ['127.0.0.1:1'] },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    gateway: { host: '127.0.0.1', port: 0 },
    management: { host: '127.0.0.1', port: 0 },
    spool: { folder: join(folder, 'spool') },
  }
  await writeFile(file, JSON.stringify(config))
  const parameters = ['--import', 'tsx', 'src/cli/main.ts', 'serve', '-c', file, '--set', setting(folder)]
  const child = spawn(process.execPath, parameters, {
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
  const ended = once(child, 'close').then(([status]) => status as number | null)
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  return {
    lines: () => {
      const whole = out.join('').split('\n').slice(0, -1)
      return whole.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    },
    stderr: () => err.join(''),
    pid: child.pid,
    signal: (name) => child.kill(name),
    ended,
  }
}

/** The log without what is in every line. */
function said(lines: readonly Readonly<Record<string, unknown>>[]): readonly (readonly unknown[])[] {
  return lines.map(({ level, msg, code }) => [level, code, msg])
}

test('a port that is taken ends the gateway with one line in the log beside the words on standard error', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const gateway = await serve(t, () => `gateway.port=${port}`)
  assert.equal(await gateway.ended, 1)
  const lines = gateway.lines()
  assert.deepEqual(said(lines).at(-1), ['error', 'CANNOT_LISTEN', 'gateway ends: it cannot go on'])
  assert.match(String(lines.at(-1)?.['reason']), new RegExp(`${port}`))
  assert.match(gateway.stderr(), /^CANNOT_LISTEN: /m)
  // Of what it breaks off it says nothing.
  assert.doesNotMatch(JSON.stringify(lines), /cannot be read|"stack"/)
})

test('a spool folder that cannot be used is all that a gateway tells of', async (t) => {
  const gateway = await serve(t, (folder) => `spool.folder=${join(folder, 'relay.json', 'spool')}`)
  assert.equal(await gateway.ended, 1)
  assert.deepEqual(said(gateway.lines()), [['error', 'SPOOL_FOLDER', 'gateway ends: it cannot go on']])
})

test('the first signal says that a second one does not wait, and what stays in the spool is no fault', async (t) => {
  const gateway = await serve(t, () => 'logging.level=info')
  await until(() => gateway.lines().some(({ msg }) => msg === 'gateway listens'), { what: gateway.stderr })
  const [{ notifications, management, pid } = {}] = gateway
    .lines()
    .filter(({ msg }) => msg === 'gateway listens')
  assert.equal(pid, gateway.pid)
  const { status } = await fetch(String(notifications), { method: 'POST', headers, body })
  assert.equal(status, 200)
  // The way to Kafka is opened after the port.
  const taken = async () => (await Scrape.of(String(management))).sum('registry_relay_kafka_buffered_records')
  await until(async () => (await taken()) === 1)
  // One order, as GNU timeout sends it and npm passes Ctrl-C on.
  gateway.signal('SIGTERM')
  gateway.signal('SIGINT')
  assert.equal(await gateway.ended, 0)
  const all = gateway.lines()
  const stop = all.slice(all.findIndex(({ signal }) => signal !== undefined))
  assert.match(String(stop[0]?.['msg']), /^gateway stops: .*; a second signal ends it at once$/)
  const left = stop.filter(({ msg }) => msg === 'what Kafka did not confirm is left to the spool')
  assert.deepEqual(
    left.map(({ level, records, err }) => [level, records, err]),
    [['info', 1, undefined]],
  )
  assert.deepEqual([stop.filter(({ level }) => level === 'error'), gateway.stderr()], [[], ''])
})
