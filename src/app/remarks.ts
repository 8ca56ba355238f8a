import type { BridgeConfig } from '../config/config.ts'
import type { Logger } from '../telemetry.ts'

/** Says what there is to say of a configuration: what was hardly meant so as a warning, the rest as information. */
export class Remarks {
  readonly #logger: Logger
  #said: ReadonlySet<string> = new Set()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** What was said of the one before is not said again. */
  log({ remarks, notes }: Pick<BridgeConfig, 'remarks' | 'notes'>): void {
    for (const remark of remarks) if (!this.#said.has(remark)) this.#logger.warn({}, remark)
    for (const note of notes) if (!this.#said.has(note)) this.#logger.info({}, note)
    this.#said = new Set([...remarks, ...notes])
  }
}
