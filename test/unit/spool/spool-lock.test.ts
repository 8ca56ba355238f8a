import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import type { Disk } from '../../../src/spool/disk.ts'
import { SpoolLock } from '../../../src/spool/spool-lock.ts'
import { folderOf, openSpool } from './temporary-spool.ts'
import { chances, VolatileDisk } from './volatile-disk.ts'

const folder = '/spool'

/** Takes a chance-driven number of turns before each call, so that the calls of two users mix in any way. */
function delayed(disk: Disk, chance: () => number): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name)
      if (typeof call !== 'function') return call
      return async (...parameters: unknown[]) => {
        for (let turns = Math.floor(chance() * 12); turns > 0; turns--) await undefined
        return Reflect.apply(call, target, parameters)
      }
    },
  })
}

class Machine {
  readonly disk = new VolatileDisk()
  readonly dead = new Set<number>()
  readonly chance: () => number

  constructor(seed: number) {
    this.chance = chances(seed)
  }

  take(pid: number): Promise<SpoolLock> {
    const processes = {
      pid,
      isAlive: (other: number) => !this.dead.has(other),
      startedAt: (other: number) => `start-${other}`,
    }
    return SpoolLock.take(delayed(this.disk.session(), this.chance), folder, processes, this.chance)
  }

  async contest(pids: readonly number[]): Promise<number> {
    const outcomes = await Promise.allSettled(pids.map((pid) => this.take(pid)))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        assert.ok(isRelayError(outcome.reason, 'SPOOL_LOCKED'), outcome.reason)
    }
    return outcomes.filter(({ status }) => status === 'fulfilled').length
  }

  lockFiles(): string[] {
    return [...this.disk.names.keys()].sort()
  }
}

test('of any number that take over a stale lock at once, exactly one wins, and no file of the contest is left', async () => {
  for (let seed = 0; seed < 2_000; seed++) {
    const machine = new Machine(seed)
    await machine.take(1)
    machine.dead.add(1)
    assert.equal(await machine.contest([2, 3, 4, 5].slice(0, 2 + (seed % 3))), 1, `seed ${seed}`)
    assert.deepEqual(machine.lockFiles(), ['lock'], `seed ${seed}`)
  }
})

test('of those that find no lock, exactly one wins', async () => {
  for (let seed = 0; seed < 500; seed++) {
    assert.equal(await new Machine(seed).contest([2, 3, 4]), 1, `seed ${seed}`)
  }
})

test('an heir that dies at any point of taking over leaves a lock that exactly one takes over', async () => {
  for (let seed = 0; seed < 1_000; seed++) {
    const machine = new Machine(seed)
    await machine.take(1)
    machine.dead.add(1)
    const calls = seed % 25
    // The process dies, the disk stays: whatever was done is seen by the next.
    const died = machine.disk.crashAfter(calls, () => 0)
    const taken = machine.take(2).then(() => {})
    await Promise.race([died, taken])
    machine.disk.disarm()
    machine.dead.add(2)
    assert.equal(await machine.contest([3, 4, 5]), 1, `seed ${seed}`)
  }
})

test('a second opener is refused while the first lives, and says which process it is', async (t) => {
  const path = await folderOf(t)
  const spool = await openSpool(path)
  await assert.rejects(openSpool(path), (error) => {
    assert.ok(isRelayError(error, 'SPOOL_LOCKED'))
    assert.match(error.message, new RegExp(`process ${process.pid}`))
    return true
  })
  await spool.close()
})

test('of two openers in one process at the same time one is refused', async (t) => {
  const path = await folderOf(t)
  await (await openSpool(path)).close()
  const outcomes = await Promise.allSettled([openSpool(path), openSpool(path)])
  const spools = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  assert.equal(spools.length, 1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.ok(isRelayError(outcome.reason, 'SPOOL_LOCKED'))
  }
  await spools[0]?.close()
})

test('a lock of a process that had our pid before us, and one that is no text of ours, are taken over', async (t) => {
  const path = await folderOf(t)
  await (await openSpool(path)).close()
  for (const text of [`${process.pid} another-start\n`, '', '\0\0\0', 'x'.repeat(5_000), '-1 x\n']) {
    await writeFile(join(path, 'lock'), text, { mode: 0o600 })
    await (await openSpool(path)).close()
  }
})
