import type { Labels } from '../telemetry.ts'
import type { MetricValue } from './metrics.ts'

/** Where figures come from; undefined: nothing in this process has that metric. */
export interface MetricSource {
  values(name: string): Promise<readonly MetricValue[] | undefined>
}

/** The values of some metrics, read once, and asked for by what they are of. */
export class Figures {
  readonly #values: ReadonlyMap<string, readonly MetricValue[]>

  private constructor(values: ReadonlyMap<string, readonly MetricValue[]>) {
    this.#values = values
  }

  static async read(source: MetricSource, names: readonly string[]): Promise<Figures> {
    const values = new Map<string, readonly MetricValue[]>()
    const found = await Promise.all(names.map(async (name) => [name, await source.values(name)] as const))
    for (const [name, of] of found) if (of !== undefined) values.set(name, of)
    return new Figures(values)
  }

  /**
   * The figures of each value of a label, from one pass over them all: a bridge may have hundreds of endpoints, with a value
   * for each of their partitions.
   */
  by(label: string): ReadonlyMap<string, Figures> {
    const parts = new Map<string, Map<string, MetricValue[]>>()
    for (const [name, values] of this.#values) {
      for (const value of values) {
        const key = value.labels[label]
        if (key === undefined) continue
        const part = parts.get(key) ?? new Map<string, MetricValue[]>()
        parts.set(key, part)
        const own = part.get(name)
        if (own === undefined) part.set(name, [value])
        else own.push(value)
      }
    }
    return new Map([...parts].map(([key, part]) => [key, new Figures(part)]))
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** Over all values whose labels include `of`. */
  sum(name: string, of: Labels = {}): number {
    return this.#matching(name, of).reduce((sum, { value }) => sum + value, 0)
  }

  /** The greatest of them, and no less than 0. */
  max(name: string, of: Labels = {}): number {
    return this.#matching(name, of).reduce((max, { value }) => Math.max(max, value), 0)
  }

  /** Labels of the values other than 0: of a gauge that is 1 for the state that holds. */
  holding(name: string): readonly Labels[] {
    return this.#matching(name, {}).flatMap(({ labels, value }) => (value === 0 ? [] : [labels]))
  }

  #matching(name: string, of: Labels): readonly MetricValue[] {
    const wanted = Object.entries(of)
    const values = this.#values.get(name) ?? []
    return wanted.length === 0
      ? values
      : values.filter(({ labels }) => wanted.every(([label, value]) => labels[label] === value))
  }
}
