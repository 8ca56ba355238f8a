import { readFile } from 'node:fs/promises'
import { type Cancel, type Clock, systemClock } from '../clock.ts'
import { toError } from '../errors.ts'
import { CounterBy, type Logger, type Telemetry } from '../telemetry.ts'

/** Text by absolute path. */
export type FileTexts = ReadonlyMap<string, string>

export interface WatchedFilesOptions {
  /** For log and metric: `credentials`. */
  readonly what: string
  /** The files and what is in use of them now. */
  readonly texts: FileTexts
  /** Of a file's content, what counts. Default: all of it. */
  readonly textOf?: (content: string) => string
  /** Takes over the new texts; where it throws, the old ones stay in use. */
  readonly onChange: (texts: FileTexts) => void
  /** Default 2,000. */
  readonly intervalMs?: number
  readonly clock?: Clock
  readonly telemetry: Telemetry
}

/**
 * Looks every two seconds whether files say something else, by reading them: orchestrators swap a link somewhere above a
 * file, and neither watching nor the file's own times tell of that everywhere.
 *
 * What is new counts once two looks in a row have found the same, so that a file that is just being written is not taken
 * for a short secret. A file that is gone or empty says nothing: what was in use stays in use.
 */
export class WatchedFiles {
  readonly #options: WatchedFilesOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #reloads: CounterBy
  /** Path to what is wrong with the file, so that it is said once. */
  readonly #problems = new Map<string, string>()
  #used: FileTexts
  #seen: FileTexts
  #cancel: Cancel = () => {}
  #looking: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: WatchedFilesOptions) {
    const { logger, metrics } = options.telemetry
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#logger = logger.child({ component: 'watched files', what: options.what })
    const reloads = metrics.counter({
      name: 'registry_relay_files_reloaded_total',
      help: 'Changes of watched files (credentials, certificates), by whether they were taken over.',
      labels: ['what', 'outcome'],
    })
    this.#reloads = new CounterBy(reloads, 'outcome', ['done', 'failed'], { what: options.what })
    this.#used = options.texts
    this.#seen = options.texts
    if (options.texts.size > 0) this.#wait()
  }

  /** Waits for the look under way. Idempotent. */
  close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    return this.#looking
  }

  #wait(): void {
    this.#cancel = this.#clock.after(this.#options.intervalMs ?? 2_000, () => {
      this.#looking = this.#look()
    })
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const texts = new Map<string, string>()
    for (const [path, used] of this.#used) texts.set(path, (await this.#read(path)) ?? used)
    if (this.#closed) return
    const steady = sameTexts(texts, this.#seen)
    this.#seen = texts
    if (steady && !sameTexts(texts, this.#used)) this.#takeOver(texts)
    this.#wait()
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      const content = await readFile(path, 'utf8')
      const text = this.#options.textOf?.(content) ?? content
      if (text === '') throw new Error('the file is empty')
      if (this.#problems.delete(path)) this.#logger.info({ file: path }, 'file can be read again')
      return text
    } catch (error) {
      const err = toError(error)
      if (this.#problems.get(path) !== err.message) {
        this.#problems.set(path, err.message)
        this.#logger.error({ file: path, err }, 'file says nothing: what was read before stays in use')
      }
      return undefined
    }
  }

  /** What cannot be used counts as seen too: it will not get better by itself, only by another change. */
  #takeOver(texts: FileTexts): void {
    const { onChange } = this.#options
    const files = [...texts].filter(([path, text]) => text !== this.#used.get(path)).map(([path]) => path)
    this.#used = texts
    try {
      onChange(texts)
      this.#reloads.add('done')
      this.#logger.info({ files }, 'files changed: the new ones are in use')
    } catch (error) {
      this.#reloads.add('failed')
      this.#logger.error(
        { files, err: toError(error) },
        'files changed and cannot be used: what was read before stays in use',
      )
    }
  }
}

function sameTexts(one: FileTexts, other: FileTexts): boolean {
  return [...one].every(([path, text]) => other.get(path) === text)
}
