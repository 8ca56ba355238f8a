import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { peakMegabytes, resetPeak, residentMegabytes } from '../gateway/process-usage.ts'
import type { SinkBenchOptions } from './options.ts'
import type { Place, SubjectName } from './subjects.ts'
import type { Load, Measured } from './writers.ts'

export interface Sample extends Measured {
  readonly peakMb: number
}

/** A {@link Subject} in its own process. */
export class Contender {
  readonly name: SubjectName
  readonly topic: string
  readonly #child: ChildProcess

  private constructor(name: SubjectName, topic: string, child: ChildProcess) {
    this.name = name
    this.topic = topic
    this.#child = child
  }

  static async start(
    name: SubjectName,
    place: Omit<Place, 'parts'>,
    { dist, profile }: Pick<SinkBenchOptions, 'dist' | 'profile'>,
  ): Promise<Contender> {
    const program = fileURLToPath(new URL('./contender-process.ts', import.meta.url))
    const profiling =
      profile === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`]
    const child = fork(program, [name, JSON.stringify(place), dist], {
      execArgv: [...profiling, '--import', 'tsx'],
    })
    await once(child, 'message')
    return new Contender(name, place.topic, child)
  }

  get residentMb(): number {
    return residentMegabytes(this.#child.pid ?? 0)
  }

  get peakMb(): number {
    return peakMegabytes(this.#child.pid ?? 0)
  }

  async run(load: Load): Promise<Sample> {
    resetPeak(this.#child.pid ?? 0)
    this.#child.send(load)
    const [answer] = (await once(this.#child, 'message')) as [{ measured?: Measured; error?: string }]
    if (answer.measured === undefined) throw new Error(`${this.name}: ${answer.error}`)
    return { ...answer.measured, peakMb: this.peakMb }
  }

  async stop(): Promise<void> {
    this.#child.send('end')
    await once(this.#child, 'exit')
  }
}
