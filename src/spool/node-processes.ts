import { readFileSync } from 'node:fs'
import { kill, pid } from 'node:process'
import type { Processes } from './spool-lock.ts'

/** The processes of this machine; start times where there is a /proc. */
export const nodeProcesses: Processes = {
  pid,
  isAlive(other) {
    try {
      kill(other, 0)
      return true
    } catch (error) {
      // EPERM: it lives and is somebody else's.
      return (error as NodeJS.ErrnoException).code !== 'ESRCH'
    }
  },
  startedAt(other) {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      const stat = readFileSync(`/proc/${other}/stat`, 'utf8')
      // The name, in parentheses, may hold spaces: count from its end. Field 22 is the start, in ticks since the boot.
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      return ticks === undefined ? undefined : `${boot}:${ticks}`
    } catch {
      return undefined
    }
  },
}
