// What the spool costs and how fast it starts, against plain files in the same run and on the same disk.
//
//   npm run bench:spool
//
// Appends: callers that each wait for their own record, so that groups form as they do behind HTTP requests. The rivals
// have no format, no checksum and no reader: one fdatasync for each record, or for each 64 of them. Rounds are
// interleaved and medians shown with their spread, because a disk is never quiet. Start: a spool of 1 GB whose process
// was killed, opened until its first record is there. Needs 1.5 GB in the folder for temporary files.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32c } from '../src/spool/crc32c.ts'
import { FileSpool } from '../src/spool/file-spool.ts'
import { nodeDisk } from '../src/spool/node-disk.ts'
import { nodeProcesses } from '../src/spool/node-processes.ts'

const rounds = 5
/** About one event of a registry as its envelope is stored. */
const content = Buffer.alloc(1_500, 'registry ')
const gigabyte = 1e9

interface Cost {
  readonly perSecond: number
  readonly cpuMicros: number
}

async function measured(appends: number, run: () => Promise<void>): Promise<Cost> {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const started = performance.now()
  await run()
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (appends * 1_000) / (performance.now() - started),
    cpuMicros: (user + system) / appends,
  }
}

function openSpool(folder: string): Promise<FileSpool> {
  return FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
}

async function spool(home: string, callers: number, appends: number): Promise<Cost> {
  const folder = await mkdtemp(join(home, 'spool-'))
  const opened = await openSpool(folder)
  const cost = await measured(appends, async () => {
    let left = appends
    const caller = async (): Promise<void> => {
      while (left-- > 0) await opened.append(content)
    }
    await Promise.all(Array.from({ length: callers }, caller))
  })
  await opened.close()
  await rm(folder, { recursive: true })
  return cost
}

async function plainFile(home: string, perSync: number, appends: number): Promise<Cost> {
  const path = join(home, 'plain')
  const file = await open(path, 'w')
  const cost = await measured(appends, async () => {
    for (let written = 0; written < appends; written += perSync) {
      const buffers = Array.from({ length: perSync }, () => content)
      await file.writev(buffers, written * content.length)
      await file.datasync()
    }
  })
  await file.close()
  await rm(path)
  return cost
}

async function compareAppends(home: string): Promise<void> {
  const contenders: readonly (readonly [string, () => Promise<Cost>])[] = [
    ['plain file, fdatasync each', () => plainFile(home, 1, 500)],
    ['plain file, fdatasync per 64', () => plainFile(home, 64, 12_800)],
    ['spool, 1 caller', () => spool(home, 1, 500)],
    ['spool, 64 callers', () => spool(home, 64, 12_800)],
    ['spool, 256 callers', () => spool(home, 256, 25_600)],
  ]
  const costs = new Map<string, Cost[]>()
  for (const [, run] of contenders) await run()
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of round % 2 === 0 ? contenders : contenders.toReversed()) {
      costs.set(name, [...(costs.get(name) ?? []), await run()])
    }
  }
  for (const [name] of contenders) {
    const all = costs.get(name) ?? []
    const perSecond = all.map((cost) => cost.perSecond)
    const micros = median(all.map((cost) => cost.cpuMicros)).toFixed(1)
    const spread = `${Math.min(...perSecond).toFixed(0)}..${Math.max(...perSecond).toFixed(0)}`
    const rate = median(perSecond).toFixed(0)
    console.log(`${name.padEnd(30)} ${rate.padStart(7)} appends/s (${spread}), ${micros} us CPU each`)
  }
}

function checksum(): void {
  const times = 200_000
  const runs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now()
    for (let time = 0; time < times; time++) crc32c(content, time)
    if (round > 0) runs.push(((performance.now() - started) * 1_000) / times)
  }
  const micros = median(runs)
  const rate = (content.length / micros).toFixed(0)
  console.log(`checksum of ${content.length} bytes: ${micros.toFixed(2)} us, ${rate} MB/s`)
}

async function fill(folder: string): Promise<void> {
  const opened = await openSpool(folder)
  const part = Buffer.alloc(content.length, 'x')
  while (opened.state().bytes < gigabyte) {
    await Promise.all(Array.from({ length: 4_096 }, () => opened.append(part)))
  }
  process.kill(process.pid, 'SIGKILL')
}

async function start(home: string): Promise<void> {
  const folder = join(home, 'large')
  const filling = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(import.meta.url), 'fill', folder],
    { stdio: 'inherit' },
  )
  await once(filling, 'close')
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    const opened = await openSpool(folder)
    const records = await opened.read({ records: 1, bytes: 1 })
    times.push(performance.now() - started)
    if (records.length !== 1) throw new Error('nothing was read')
    if (round === 0) {
      const { bytes, unacked } = opened.state()
      console.log(`${(bytes / 1e6).toFixed(0)} MB, ${unacked} records not acked`)
    }
    await opened.close()
  }
  const all = times.map((time) => time.toFixed(0)).join(', ')
  console.log(`open and first read: ${median(times).toFixed(0)} ms (${all})`)

  const opened = await openSpool(folder)
  const { unacked } = opened.state()
  const cost = await measured(unacked, async () => {
    for (let read = 0; read < unacked; ) {
      const records = await opened.read({ records: 500, bytes: 1 << 20 })
      read += records.length
      await opened.ack(records.at(-1)?.sequence ?? 0)
    }
  })
  console.log(
    `read and acked, by 500: ${cost.perSecond.toFixed(0)} records/s, ${cost.cpuMicros.toFixed(1)} us CPU each`,
  )
  await opened.close()
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN
}

if (process.argv[2] === 'fill') {
  await fill(process.argv[3] ?? '')
} else {
  const home = await mkdtemp(join(tmpdir(), 'bench-spool-'))
  try {
    checksum()
    await compareAppends(home)
    await start(home)
  } finally {
    await rm(home, { recursive: true })
  }
}
