import type { Event } from '../event/event.ts'
import { sizeText } from '../operations/size-text.ts'
import type { TailedRecord } from '../operations/tail-record.ts'
import { dash } from './dlq-text.ts'
import { plainText } from './plain-text.ts'
import type { Terminal } from './progress-line.ts'
import { type Style, styled } from './styled.ts'
import { timeText } from './time-text.ts'

export interface TailLineOptions {
  /** With where the record lies. */
  readonly verbose: boolean
}

/** By what happened; `delete` as a warning. An action that nobody knows has none. */
const styles: ReadonlyMap<string, Style> = new Map([
  ['push', 'green'],
  ['pull', 'cyan'],
  ['mount', 'blue'],
  ['delete', 'red'],
  ['rename', 'yellow'],
])

/** No column grows beyond this: one long name would push the others off the screen for good. */
const mostWidth = 60

/**
 * Lines for people: time of receipt, action, what it is about, size, actor, source. Columns are as wide as the widest cell so
 * far, since nobody knows what is still to come.
 */
export class TailLines {
  readonly #out: Terminal
  readonly #options: TailLineOptions
  readonly #widths = [20, 6, 32, 9, 8, 0]

  /** @param out where the lines go, which decides about colours */
  constructor(out: Terminal, options: TailLineOptions) {
    this.#out = out
    this.#options = options
  }

  of({ record, content }: TailedRecord): string {
    const { topic, partition, offset, timestamp } = record
    const where = `${topic}-${partition}@${offset}`
    const time = timeText(timestamp)
    if (content instanceof Error) {
      return [
        this.#cell(0, time),
        this.#styled('red', `unreadable ${where}: ${content.code}: ${plainText(content.message)}`),
      ].join('  ')
    }
    const { event } = content
    const action = dash(event.action)
    const cells = [
      this.#cell(0, time),
      this.#styled(styles.get(action), this.#cell(1, plainText(action))),
      this.#cell(2, plainText(subjectText(event))),
      this.#cell(3, sizeOf(event).padStart(this.#widths[3] ?? 0)),
      this.#cell(4, plainText(dash(event.actor?.name))),
      this.#cell(5, plainText(dash(event.source?.addr))),
      ...(this.#options.verbose ? [where] : []),
    ]
    return cells.join('  ').trimEnd()
  }

  #cell(column: number, text: string): string {
    const width = Math.min(mostWidth, Math.max(this.#widths[column] ?? 0, text.length))
    this.#widths[column] = width
    return text.padEnd(width)
  }

  #styled(style: Style | undefined, text: string): string {
    return style === undefined ? text : styled(this.#out, style, text)
  }
}

/** `team/app:1.4`, or `team/app@sha256:1111111111`: what a tag means is there to be looked up. */
function subjectText({ target }: Event): string {
  const { repository = '', tag = '', digest = '', fromRepository = '', rename } = target ?? {}
  const reference = tag === '' ? shortDigest(digest) : `:${tag}`
  const more = fromRepository === '' ? '' : ` from ${fromRepository}`
  const renamed = rename?.to === undefined ? '' : ` to ${rename.to}`
  return `${repository === '' ? '-' : repository}${reference}${more}${renamed}`
}

function shortDigest(digest: string): string {
  if (digest === '') return ''
  const [algorithm = '', hex = ''] = digest.split(':')
  return hex === '' ? `@${digest}` : `@${algorithm}:${hex.slice(0, 12)}`
}

function sizeOf({ target }: Event): string {
  const size = Number(target?.size ?? target?.length ?? 0)
  // Distribution 3 says 0 of what it deleted, and an empty blob has no size worth showing.
  return size > 0 ? sizeText(size) : '-'
}
