import type { CheckResult, Seen } from '../operations/doctor/check.ts'
import { counted } from './number-text.ts'
import { plainText } from './plain-text.ts'
import type { Terminal } from './progress-line.ts'
import { type Style, styled } from './styled.ts'

type State = CheckResult['state']

const labels: Readonly<Record<State, string>> = {
  ok: 'ok',
  note: 'note',
  warning: 'warning',
  error: 'ERROR',
  skipped: 'skipped',
}

const styles: Readonly<Record<State, Style>> = {
  ok: 'green',
  note: 'cyan',
  warning: 'yellow',
  error: ['red', 'bold'],
  skipped: 'dim',
}

const labelWidth = 7
const todoIndent = ' '.repeat(labelWidth + 4)

/** For people: a line as each check ends, under the name of its part; colours on a terminal only. */
export class DoctorText {
  readonly #out: Terminal
  #part: string | undefined
  /** The last part was told in one line. */
  #short = false
  /** Reasons that were given in this part: several checks are skipped for one. */
  #reasons = new Set<string>()

  constructor(out: Terminal) {
    this.#out = out
  }

  result({ part, name, state, seen, because = '' }: CheckResult): void {
    const isNew = part !== this.#part
    if (isNew) this.#reasons = new Set()
    if (isNew && state === 'skipped') {
      // Nothing else was seen of it: one line, and no gap to those before it of which the same is true.
      if (!this.#short) this.#gap()
      this.#print(`${this.#style('bold', part)}  ${this.#style('dim', `skipped: ${plainText(because)}`)}`)
      this.#reasons.add(because)
    } else if (isNew) {
      this.#gap()
      this.#print(this.#style('bold', part))
    } else if (state === 'skipped') this.#skipped(name, because)
    this.#short = isNew && state === 'skipped'
    this.#part = part
    for (const [index, one] of seen.entries()) this.#line(one, seen[index + 1])
  }

  /** The last line. */
  summary(results: readonly CheckResult[]): void {
    this.#print(`\n${summaryText(results, (style, text) => this.#style(style, text))}`)
  }

  /** What is to be done about several lines in a row stands under the last of them. */
  #line({ state, text, todo }: Seen, next: Seen | undefined): void {
    this.#print(`  ${this.#label(state)}  ${plainText(text)}`)
    if (todo !== undefined && todo !== next?.todo)
      this.#print(`${todoIndent}${this.#style('bold', `→ ${plainText(todo)}`)}`)
  }

  #gap(): void {
    if (this.#part !== undefined) this.#print('')
  }

  #skipped(name: string, because: string): void {
    if (this.#reasons.has(because)) return
    this.#reasons.add(because)
    this.#print(`  ${this.#label('skipped')}  ${plainText(`${name}: ${because}`)}`)
  }

  #label(state: State): string {
    return this.#style(styles[state], labels[state].padEnd(labelWidth))
  }

  #style(style: Style, text: string): string {
    return styled(this.#out, style, text)
  }

  #print(line: string): void {
    this.#out.write(`${line}\n`)
  }
}

function summaryText(results: readonly CheckResult[], style: (style: Style, text: string) => string): string {
  const seen = results.flatMap((result) => result.seen)
  const count = (state: Seen['state']): number => seen.filter((one) => one.state === state).length
  const [errors, warnings, notes] = [count('error'), count('warning'), count('note')]
  // Without their number: those that are skipped for one reason are told in one line.
  const isSkipped = results.some(({ state }) => state === 'skipped')
  const unknown = isSkipped ? '; what needs that was skipped' : ''
  if (errors + warnings === 0) {
    return style('green', `Nothing is wrong${notes === 0 ? '' : ` (${counted(notes, 'note')})`}.`)
  }
  // Of some lines what to do stands in their sentence.
  const arrows = seen.some(({ todo }) => todo !== undefined) ? '"→"' : 'the lines'
  const found = [
    ...(errors === 0 ? [] : [counted(errors, 'error')]),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ]
  return style(errors === 0 ? 'yellow' : 'red', `${found.join(', ')}${unknown}: see ${arrows} above`)
}
