const units: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }

/**
 * Counts the bytes that Maven says it fetched. It says so twice: while a transfer goes on, in a line that overwrites
 * itself (`Progress (2): 4.1/12 kB | 60/159 MB`), and when it is done (`Downloaded from …: … (159 MB at 20 MB/s)`).
 * Without the first kind (other versions, other settings) progress comes in bigger steps.
 */
export class MavenOutput {
  #finished = 0
  #underWay = 0
  #open = ''

  /** Takes output as it comes from the pipe, cut anywhere. */
  write(text: string): void {
    const lines = (this.#open + text).split(/[\r\n]/)
    // Bounded, though Maven has no line that long.
    this.#open = (lines.pop() ?? '').slice(-4096)
    for (const line of lines) this.#read(line)
  }

  #read(line: string): void {
    const done = /Downloaded from .* \(([\d.]+) ([kMG]?B)(?: at |\))/.exec(line)
    if (done !== null) {
      this.#finished += sizeOf(done[1], done[2])
      this.#underWay = 0
      return
    }
    const progress = /Progress \(\d+\): (.*)$/.exec(line)?.[1]
    if (progress !== undefined)
      this.#underWay = progress.split('|').reduce((sum, one) => sum + fetchedOf(one), 0)
  }

  get bytes(): number {
    return Math.round(this.#finished + this.#underWay)
  }
}

/** `4.1/12 kB` while it goes on (one unit for both numbers), `12 kB` at the end. */
function fetchedOf(transfer: string): number {
  const parts = /([\d.]+)(?:\/[\d.]+)? ([kMG]?B)/.exec(transfer)
  return parts === null ? 0 : sizeOf(parts[1], parts[2])
}

function sizeOf(number: string | undefined, unit: string | undefined): number {
  return Number(number) * (units[unit ?? 'B'] ?? 0)
}
