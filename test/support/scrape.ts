/** One answer of `/metrics`, as numbers. */
export class Scrape {
  readonly text: string
  readonly #samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[]

  constructor(text: string) {
    this.text = text
    this.#samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, name = '', labels = '', value = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
        return { name, labels, value: Number(value) }
      })
  }

  static async of(management: string): Promise<Scrape> {
    return new Scrape(await (await fetch(`${management}/metrics`)).text())
  }

  /** Of all series of that name whose labels hold `labels`, as in `topic="a"`. Undefined: there is none. */
  sum(name: string, labels = ''): number | undefined {
    const found = this.#samples.filter((sample) => sample.name === name && sample.labels.includes(labels))
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }

  /** The names of metrics, with their types. */
  get types(): ReadonlyMap<string, string> {
    return new Map(
      [...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    )
  }

  /** The names of labels of a metric, as far as it has series. */
  labelsOf(name: string): readonly string[] {
    const own = new RegExp(`^${name}(_bucket|_sum|_count)?$`)
    const all = this.#samples.filter((sample) => own.test(sample.name))
    const names = all.flatMap(({ labels }) => [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label))
    return [...new Set(names)].filter((label) => label !== 'le').toSorted()
  }
}
