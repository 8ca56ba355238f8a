import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type FileTexts, WatchedFiles } from '../../../src/app/watched-files.ts'
import { secretText } from '../../../src/config/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'

interface Bed {
  readonly folder: string
  readonly files: WatchedFiles
  readonly clock: ManualClock
  /** What was handed over, change by change. */
  readonly changes: FileTexts[]
  readonly logs: string[]
  /** From now on every change is refused with this. */
  refuse(error: Error | undefined): void
  write(name: string, content: string): void
  path(name: string): string
  /** Lets the time pass for so many looks, and each of them end. */
  look(times?: number): Promise<void>
  reloads(outcome: string): Promise<number>
}

function watch(t: TestContext, texts: Record<string, string>): Bed {
  const folder = mkdtempSync(join(tmpdir(), 'relay-watch-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = (name: string): string => join(folder, name)
  const write = (name: string, content: string): void => writeFileSync(path(name), content)
  for (const [name, text] of Object.entries(texts)) write(name, `${text}\n`)
  const clock = new ManualClock()
  const changes: FileTexts[] = []
  const logs: string[] = []
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  let refusal: Error | undefined
  const files = new WatchedFiles({
    what: 'credentials',
    texts: new Map(Object.entries(texts).map(([name, text]) => [path(name), text])),
    textOf: secretText,
    onChange: (changed) => {
      if (refusal !== undefined) throw refusal
      changes.push(changed)
    },
    clock,
    telemetry: {
      metrics,
      logger: createLogger({ version: '0', level: 'debug', to: { write: (line) => logs.push(line) } }),
    },
  })
  t.after(() => files.close())
  return {
    folder,
    files,
    clock,
    changes,
    logs,
    path,
    write,
    refuse: (error) => {
      refusal = error
    },
    async look(times = 2) {
      for (let time = 0; time < times; time++) {
        await clock.advance(2_000)
        await until(() => clock.pending === 1)
      }
    },
    async reloads(outcome) {
      const series = `registry_relay_files_reloaded_total{what="credentials",outcome="${outcome}"} `
      const line = (await metrics.expose()).split('\n').find((text) => text.startsWith(series))
      return line === undefined ? 0 : Number(line.slice(series.length))
    },
  }
}

test('hands over what a file says now, once, together with the files that have not changed', async (t) => {
  const bed = watch(t, { one: 'canary-1', two: 'canary-2' })
  await bed.look(3)
  assert.deepEqual(bed.changes, [])
  bed.write('two', 'canary-3\n')
  await bed.look(5)
  assert.deepEqual(bed.changes, [
    new Map([
      [bed.path('one'), 'canary-1'],
      [bed.path('two'), 'canary-3'],
    ]),
  ])
  assert.equal(await bed.reloads('done'), 1)
  assert.doesNotMatch(bed.logs.join(''), /canary/)
})

test('follows a link that is swapped for another, as orchestrators do it', async (t) => {
  const bed = watch(t, {})
  for (const [version, text] of [
    ['v1', 'old'],
    ['v2', 'new'],
  ] as const) {
    mkdirSync(bed.path(version))
    bed.write(join(version, 'token'), text)
  }
  symlinkSync('v1', bed.path('..data'))
  symlinkSync(join('..data', 'token'), bed.path('token'))
  const changes: FileTexts[] = []
  const clock = new ManualClock()
  const files = new WatchedFiles({
    what: 'credentials',
    texts: new Map([[bed.path('token'), 'old']]),
    onChange: (texts) => changes.push(texts),
    clock,
    telemetry: {
      metrics: new PrometheusMetrics({ version: '0', process: false }),
      logger: createLogger({ version: '0', level: 'silent' }),
    },
  })
  t.after(() => files.close())
  symlinkSync('v2', bed.path('..data_tmp'))
  renameSync(bed.path('..data_tmp'), bed.path('..data'))
  for (let look = 0; look < 2; look++) {
    await clock.advance(2_000)
    await until(() => clock.pending === 1)
  }
  assert.deepEqual(changes, [new Map([[bed.path('token'), 'new']])])
})

test('a file that is still being written is not taken for what it will be', async (t) => {
  const bed = watch(t, { token: 'old' })
  for (const part of ['n', 'ne', 'new']) {
    bed.write('token', part)
    await bed.look(1)
  }
  assert.deepEqual(bed.changes, [])
  await bed.look(1)
  assert.deepEqual(bed.changes, [new Map([[bed.path('token'), 'new']])])
})

test('a file that is gone or empty changes nothing, is said once, and is taken up again when it is back', async (t) => {
  const bed = watch(t, { token: 'old' })
  rmSync(bed.path('token'))
  await bed.look(4)
  for (const content of ['', '\n']) {
    bed.write('token', content)
    await bed.look(4)
  }
  assert.deepEqual(bed.changes, [])
  const said = bed.logs.filter((line) => line.includes('what was read before stays in use'))
  assert.equal(said.length, 2)
  assert.match(said[0] ?? '', /ENOENT/)
  assert.match(said[1] ?? '', /the file is empty/)

  bed.write('token', 'old')
  await bed.look(3)
  assert.deepEqual(bed.changes, [])
  assert.match(bed.logs.join(''), /file can be read again/)
  bed.write('token', 'new')
  await bed.look(3)
  assert.deepEqual(bed.changes, [new Map([[bed.path('token'), 'new']])])
})

test('what cannot be used is said and counted once, and the next change is tried again', async (t) => {
  const bed = watch(t, { key: 'old' })
  bed.refuse(new Error('key values mismatch'))
  bed.write('key', 'broken')
  await bed.look(6)
  assert.equal(await bed.reloads('failed'), 1)
  assert.equal(bed.logs.filter((line) => line.includes('key values mismatch')).length, 1)
  bed.refuse(undefined)
  bed.write('key', 'new')
  await bed.look()
  assert.deepEqual(bed.changes, [new Map([[bed.path('key'), 'new']])])
  assert.equal(await bed.reloads('done'), 1)
})

test('looks no more after it was closed, and without files it never looks', async (t) => {
  const bed = watch(t, { token: 'old' })
  await bed.files.close()
  assert.equal(bed.clock.pending, 0)
  assert.equal(watch(t, {}).clock.pending, 0)
})
