import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Linux's USER_HZ, the unit of CPU times in /proc; 100 on every platform that Node.js runs on. */
const ticksPerSecond = 100

/** CPU seconds of a process since its start, of all its threads. */
export function cpuSeconds(pid: number): number {
  const fields = statOf(pid)
  // utime and stime, fields 14 and 15 of the file; the first two are cut off.
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** From here on {@link peakMegabytes} counts anew. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Largest resident set since {@link resetPeak}. */
export function peakMegabytes(pid: number): number {
  return statusMegabytes(pid, 'VmHWM')
}

export function residentMegabytes(pid: number): number {
  return statusMegabytes(pid, 'VmRSS')
}

/** The child of this process whose command line holds `text`; undefined if there is none (a server in a container). */
export function childRunning(text: string): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .find((pid) => {
      try {
        return (
          Number(statOf(pid)[1]) === process.pid &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
        )
      } catch {
        // It ended between the listing and the look.
        return false
      }
    })
}

/** What follows the name in parentheses, which may hold spaces and parentheses itself. */
function statOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function statusMegabytes(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))
  return Number(line?.[1] ?? Number.NaN) / 1_024
}
