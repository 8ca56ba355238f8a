import { rm, stat, utimes, writeFile } from 'node:fs/promises'
import { type Clock, sleep } from '../clock.ts'

const heartbeatMs = 1000
/** Ten beats missed: its owner was killed. A machine that stands still for so long costs a second download, no more. */
const deadAfterMs = 10_000
const pollMs = 200

/**
 * Holds a lock file while `work` runs; waits while another process holds it. It saves work and is not what
 * correctness rests on: two holders at once (a clock that jumps, a lock taken for dead) do the work twice.
 */
export async function withFillLock<T>(path: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  while (!(await take(path))) {
    const age = await ageOf(path, clock)
    if (age !== undefined && Math.abs(age) > deadAfterMs) await rm(path, { force: true })
    else await sleep(clock, pollMs)
  }
  let cancel = (): void => {}
  const beat = (): void => {
    cancel = clock.after(heartbeatMs, () => {
      const now = new Date(clock.now())
      utimes(path, now, now).then(beat, beat)
    })
  }
  beat()
  try {
    return await work()
  } finally {
    cancel()
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  return writeFile(path, '', { flag: 'wx' }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
}

/** Undefined when the lock has been given back meanwhile. */
async function ageOf(path: string, clock: Clock): Promise<number | undefined> {
  return stat(path).then(
    (facts) => clock.now() - facts.mtimeMs,
    () => undefined,
  )
}
