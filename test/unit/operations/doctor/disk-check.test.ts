import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskSeen } from '../../../../src/operations/doctor/disk-check.ts'
import type { MachinePort } from '../../../../src/operations/doctor/machine.ts'
import { machine } from './machine-double.ts'

const gibibyte = 1024 ** 3
const spool = { folder: '/var/lib/relay/spool', maxBytes: 10 * gibibyte }

const see = (more: Partial<MachinePort> = {}): ReturnType<typeof diskSeen> =>
  diskSeen({ spool, ackBudgetMs: 800, machine: machine(more) })

const failing =
  (code: string): MachinePort['syncTimes'] =>
  async () => {
    throw Object.assign(new Error(`${code}: no`), { code })
  }

test('a local disk with room and quick syncs is well', async () => {
  assert.deepEqual(
    (await see()).map(({ state, text }) => [state, text]),
    [
      ['ok', '/var/lib/relay/spool: 1 TiB free'],
      ['ok', 'an append that survives a power cut takes 1 ms, the slowest of 50 1 ms'],
    ],
  )
})

test('less room than the spool may take is a warning, none is an error', async () => {
  const [little] = await see({ space: async () => ({ freeBytes: 3 * gibibyte, special: undefined }) })
  assert.equal(little?.state, 'warning')
  assert.match(String(little?.text), /3 GiB free, and the spool may grow to 10 GiB/)
  const [none] = await see({ space: async () => ({ freeBytes: 0, special: undefined }) })
  assert.equal(none?.state, 'error')
})

for (const [special, words] of [
  ['tmpfs', /on tmpfs, memory/],
  ['overlay', /the layer of a container/],
  ['nfs', /another machine/],
] as const) {
  test(`a spool on ${special} is warned of`, async () => {
    const [, seen] = await see({ space: async () => ({ freeBytes: 1024 ** 4, special }) })
    assert.equal(seen?.state, 'warning')
    assert.match(String(seen?.text), words)
  })
}

test('the time of a sync is held against the time that an acknowledgement has', async () => {
  const times =
    (usual: number, slowest: number): MachinePort['syncTimes'] =>
    async () => [...Array.from({ length: 49 }, () => usual), slowest]
  const states = async (usual: number, slowest: number): Promise<string | undefined> =>
    (await see({ syncTimes: times(usual, slowest) })).at(-1)?.state
  assert.equal(await states(2, 79), 'ok')
  assert.equal(await states(100, 120), 'note')
  assert.equal(await states(2, 900), 'warning')
})

test('a folder that cannot be written to, a full disk and a broken one each say what to do', async () => {
  for (const [code, todo] of [
    ['EACCES', /chown/],
    ['ENOSPC', /free space/],
    ['EIO', /kernel log/],
  ] as const) {
    const seen = (await see({ syncTimes: failing(code) })).at(-1)
    assert.equal(seen?.state, 'error')
    assert.match(String(seen?.todo), todo)
  }
})

test('of a folder that is still to be made the one above it is looked at', async () => {
  const seen = await see({
    inspect: async (path) => (path === '/var/lib' ? { uid: 1_000 } : undefined),
  })
  assert.match(String(seen[0]?.text), /^\/var\/lib: /)
})
