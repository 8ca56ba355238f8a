import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { RelayError } from '../../../src/errors.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { SpoolSink } from '../../../src/gateway/spool-sink.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { until } from '../../support/until.ts'
import { eventItem, quarantineItem } from './items.ts'
import { folderOf, openSpool, pumpOf, ScriptedTopics } from './scripted-topics.ts'

const words = ['push', 'pull', 'rejected'] as const
const limits = { records: 3, bytes: 200, rejectedBytes: 100, parked: 25, stuckMs: 1, retryMs: 1, ackMs: 1 }

/** One to three items, each for some topic; `posted` gets them in order. */
function notification(random: () => number, posted: Record<string, string[]>): readonly GatewayItem[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const word = words[Math.floor(random() * words.length)] ?? 'push'
    const texts = posted[word] ?? []
    const text = `${word}-${texts.length}`
    texts.push(text)
    return word === 'rejected' ? quarantineItem(text) : eventItem(text)
  })
}

async function run(seed: number, deaths: 'hold' | 'refuse', spoolFolder: string): Promise<void> {
  const random = seededRandom(seed)
  const spool = await openSpool(spoolFolder)
  const route = new ScriptedTopics()
  const pump = pumpOf({ spool, route, limits })
  const sink = new SpoolSink(spool)
  const posted: Record<string, string[]> = { push: [], pull: [], rejected: [] }
  const writes: Promise<unknown>[] = []
  pump.start()
  for (let step = 0; step < 200; step += 1) {
    writes.push(sink.write(notification(random, posted)))
    const word = words[Math.floor(random() * words.length)] ?? 'push'
    const chance = random()
    if (chance < 0.1 && deaths === 'hold') route.dies(word)
    else if (chance < 0.1) route.refuses(word, new RelayError('KAFKA_UNAVAILABLE', 'no broker'))
    else if (chance < 0.16) route.lives(word)
    for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await turn()
  }
  await Promise.all(writes)
  for (const word of words) route.lives(word)
  await until(() => spool.state().unacked === 0, { what: () => `seed ${seed}: ${pump.problem}` })
  for (const word of words) assert.deepEqual(route.arrived[word], posted[word], `seed ${seed}, ${word}`)
  await pump.close()
  await spool.close()
}

test('whatever topics take nothing and when, each gets all that is for it once and in the order of the spool', async (t) => {
  for (let seed = 1; seed <= 25; seed += 1) await run(seed, 'hold', folderOf(t))
})

test('whatever topics refuse and when, each gets all that is for it once and in the order of the spool', async (t) => {
  for (let seed = 101; seed <= 125; seed += 1) await run(seed, 'refuse', folderOf(t))
})
