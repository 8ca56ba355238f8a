import { withDeadLetters } from '../app/with-dead-letters.ts'
import { loadConfig } from '../config/load.ts'
import { listDeadLetters } from '../operations/dead-letters.ts'
import { deadLetterFilter } from '../operations/dead-letters-filter.ts'
import { type DeadLetterId, idText } from '../operations/dead-letters-id.ts'
import { endpointRemarks } from '../operations/dead-letters-named.ts'
import { showDeadLetter } from '../operations/dead-letters-show.ts'
import { type ConfigOptions, configSource } from './config-options.ts'
import { letterJson, shownJson } from './dlq-json.ts'
import { type FilterOptions, filterOf } from './dlq-options.ts'
import { shownText } from './dlq-shown.ts'
import { listText } from './dlq-text.ts'
import { exitCode } from './failure.ts'
import { tellWait } from './kafka-wait.ts'
import { tell } from './tell.ts'

export interface DlqListOptions extends FilterOptions, ConfigOptions {
  readonly all?: boolean
  readonly json?: boolean
}

export interface DlqShowOptions extends ConfigOptions {
  readonly json?: boolean
}

/** What `dlq redrive` takes beside a filter. */
export interface DlqRedriveOptions extends FilterOptions, ConfigOptions {
  readonly allOpen?: boolean
  readonly toEndpoint?: string
  /** True: the topic that they came from. */
  readonly toTopic?: string | true
  readonly rate?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `registry-relay dlq list`. */
export async function dlqList(options: DlqListOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const wants = deadLetterFilter(filterOf(options) ?? {})
  const list = await withDeadLetters(config, tellWait, (open) => listDeadLetters(open, wants, options.since))
  const configured = config.bridge.endpoints.map(({ name }) => name)
  for (const text of endpointRemarks(options.endpoint ?? [], configured, list.endpoints)) tell(text)
  const shown = options.all === true ? list.letters : list.letters.filter(({ fate }) => fate === undefined)
  if (options.json !== true) console.log(listText(config.topics.deadLetters, list, shown))
  else for (const letter of shown) console.log(letterJson(letter))
  return exitCode.success
}

/** `registry-relay dlq show`. */
export async function dlqShow(id: DeadLetterId, options: DlqShowOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const shown = await withDeadLetters(config, tellWait, (open) => showDeadLetter(open, open.decoder, id))
  if (shown === undefined) {
    tell(`there is no dead letter at ${idText(id)} of ${config.topics.deadLetters}`)
    return exitCode.failure
  }
  console.log(options.json === true ? shownJson(shown) : shownText(config.topics.deadLetters, shown))
  return exitCode.success
}
