import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { cached, isCached, readPart } from '../../../src/local-stack/jar-cache.ts'

test('fills a folder once', async (t) => {
  const cache = join(await folder(t), 'cache')
  assert.equal(await isCached(cache, 'kafka'), false)
  let fills = 0
  const fill = async (into: string): Promise<void> => {
    fills++
    await writeFile(join(into, 'a.jar'), 'a')
  }
  const first = await cached(cache, 'kafka', systemClock, fill)
  assert.equal(await cached(cache, 'kafka', systemClock, fill), first)
  assert.equal(fills, 1)
  assert.equal(await isCached(cache, 'kafka'), true)
  assert.deepEqual(await readdir(cache), ['kafka'])
})

test('several that want a folder at once wait for the one that fills it', async (t) => {
  const cache = await folder(t)
  let fills = 0
  const fill = async (into: string): Promise<void> => {
    fills++
    await new Promise((resolve) => setImmediate(resolve))
    await writeFile(join(into, 'a.jar'), 'a')
  }
  await Promise.all(Array.from({ length: 5 }, () => cached(cache, 'kafka', systemClock, fill)))
  assert.equal(fills, 1)
})

test('a fill that fails leaves nothing, and the next one is tried', async (t) => {
  const cache = await folder(t)
  const broken = cached(cache, 'kafka', systemClock, async (into) => {
    await writeFile(join(into, 'half.jar'), 'half')
    throw new Error('network')
  })
  await assert.rejects(broken, /network/)
  assert.deepEqual(await readdir(cache), [])
  await cached(cache, 'kafka', systemClock, async () => {})
})

test('uses what another process completed while this one was filling', async (t) => {
  const cache = await folder(t)
  const target = await cached(cache, 'kafka', systemClock, async (into) => {
    await writeFile(join(into, 'ours'), '')
    // Without respect for the lock, as after a clock that jumped.
    await mkdir(join(cache, 'kafka'))
    await writeFile(join(cache, 'kafka', 'theirs'), '')
  })
  assert.deepEqual(await readdir(target), ['theirs'])
  assert.deepEqual(await readdir(cache), ['kafka'])
})

test('takes over the lock of a process that was killed, and removes what it left', async (t) => {
  const cache = await folder(t)
  const longAgo = new Date(Date.now() - 48 * 3600 * 1000)
  await writeFile(join(cache, '.lock-kafka'), '')
  await mkdir(join(cache, '.filling-kafka-0'))
  await mkdir(join(cache, '.filling-other-1'))
  await utimes(join(cache, '.lock-kafka'), longAgo, longAgo)
  await utimes(join(cache, '.filling-kafka-0'), longAgo, longAgo)
  await cached(cache, 'kafka', systemClock, async () => {})
  assert.deepEqual((await readdir(cache)).toSorted(), ['.filling-other-1', 'kafka'])
})

test('every pom names a version and a size, and no repository', async () => {
  for (const name of ['kafka', 'schema-registry-java17', 'schema-registry-java21']) {
    const part = await readPart(name)
    assert.match(part.key, new RegExp(`^${name}-${part.version}-[0-9a-f]{8}$`))
    assert(part.bytes > 10_000_000)
    assert.doesNotMatch(await readFile(part.pom, 'utf8'), /<(plugin)?repositor/i)
    assert((await stat(part.pom)).isFile())
  }
})

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'jar-cache-'))
  t.after(() => rm(made, { recursive: true }))
  return made
}
