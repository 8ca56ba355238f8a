import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { stopsInReverse } from '../../support/stops.ts'
import { envelope } from './gateway-bed.ts'
import { ServeProcess } from './serve-process.ts'

type Config = Readonly<Record<string, unknown>>

/** A gateway whose Kafka is never there: it takes what it keeps in its spool. */
async function start(t: TestContext, gateway: Config) {
  const stops = stopsInReverse(t)
  const folder = mkdtempSync(join(tmpdir(), 'relay-reload-'))
  stops(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'relay.yaml')
  const write = (of: Config, others: Config = {}): void => {
    const config = {
      kafka: { brokers: ['127.0.0.1:1'] },
      schemaRegistry: { url: 'http://127.0.0.1:1' },
      management: { port: 0 },
      logging: { format: 'json' },
      // A disk that is slow for a while is no refusal here.
      gateway: { port: 0, ackBudgetMs: 20_000, ...of },
      ...others,
    }
    writeFileSync(file, JSON.stringify(config))
  }
  write(gateway)
  const process = new ServeProcess(file)
  stops(() => process.kill())
  const url = await process.listening()
  return {
    process,
    folder,
    write,
    status: async (id: string, token: string) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      return (await fetch(url, { method: 'POST', headers, body: envelope(id, 'team/app') })).status
    },
  }
}

const applied = 'configuration reloaded: what changed is in use'

test('after SIGHUP the new token lets in and the old one does not; what was accepted before stays', async (t) => {
  const { process, write, status } = await start(t, { credentials: [{ bearer: 'canary-one' }] })
  assert.deepEqual([await status('a', 'canary-one'), await status('b', 'canary-two')], [200, 401])

  write({ credentials: [{ bearer: 'canary-two' }], ignore: { repositories: { exclude: ['team/**'] } } })
  process.signal('SIGHUP')
  await process.says(applied)
  assert.deepEqual([await status('c', 'canary-one'), await status('d', 'canary-two')], [401, 200])
  // The last one is acknowledged and not stored.
  assert.equal(await process.waiting(), 1)

  write({ credentials: [] })
  process.signal('SIGHUP')
  await process.says('needs a restart')
  assert.deepEqual([await status('e', 'none'), await status('f', 'canary-two')], [401, 200])
  assert.equal(await process.waiting(), 2)

  process.signal('SIGTERM')
  const { status: exit, output } = await process.ended
  assert.equal(exit, 0)
  assert.doesNotMatch(output, /canary/)
  assert.match(
    output,
    /"changes":\["gateway\.ignore\.repositories\.exclude","gateway\.credentials"\]|"changes":\["gateway\.credentials","gateway\.ignore\.repositories\.exclude"\]/,
  )
  assert.match(output, /"restart":\["gateway\.credentials"\]/)
})

test('a token whose file changed is in use at once after SIGHUP', async (t) => {
  const { process, folder, write, status } = await start(t, { credentials: [{ bearer: 'first' }] })
  writeFileSync(join(folder, 'token'), 'one\n')
  write({ credentials: [{ bearer: { file: 'token' } }] })
  process.signal('SIGHUP')
  await process.says(applied)
  assert.deepEqual([await status('a', 'one'), await status('b', 'two')], [200, 401])
  writeFileSync(join(folder, 'token'), 'two\n')
  process.signal('SIGHUP')
  await process.says(applied, 2)
  assert.deepEqual([await status('c', 'one'), await status('d', 'two')], [401, 200])
})
