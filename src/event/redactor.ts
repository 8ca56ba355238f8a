import { foldKey } from './event-shape.ts'
import { type Child, forEachChild, type Span } from './json-scanner.ts'

/** Rules by their pointers, segment by segment, so that one walk through a text serves all of them. */
export interface RuleNode {
  /** By folded key, or by index. */
  readonly members: Map<string, RuleNode>
  /** For every key and every index. */
  any?: RuleNode
  rule?: RankedRule
}

export interface RankedRule {
  /** Of several rules for a value the one with the highest rank counts. */
  readonly rank: number
  readonly pointer: string
  readonly action: string
  /** `drop`, `keep`, or the JSON text to stand in place of the one given; `undefined` where it cannot be made. */
  readonly change: 'drop' | 'keep' | ((json: string) => string | undefined)
}

export const mask = '"***"'

/** A range of the text, and what stands there instead. */
interface Edit extends Span {
  readonly text: string
}

/** One walk through the text of one Envelope. The edits come in the order of the text and never overlap. */
export class Redactor {
  /** What was done so far: `/actor/user=drop`, each once. */
  readonly done: Set<string> = new Set()
  readonly #text: string
  readonly #edits: Edit[] = []

  constructor(text: string) {
    this.#text = text
  }

  /** The text with all that was done. */
  text(): string {
    let at = 0
    const parts: string[] = []
    for (const { start, end, text } of this.#edits) {
      parts.push(this.#text.slice(at, start), text)
      at = end
    }
    return parts.join('') + this.#text.slice(at)
  }

  /** Every spelling and repetition of "events", also the ones that the reader takes no event from. */
  walkEnvelope(tree: RuleNode): void {
    forEachChild(this.#text, 0, (member) => {
      if (foldKey(member.key) !== 'events') return
      if (this.#text.startsWith('{', member.start)) this.#walk(member, [tree])
      else forEachChild(this.#text, member.start, (element) => this.#walk(element, [tree]))
    })
  }

  #walk(container: Span, nodes: readonly RuleNode[]): void {
    // Where the dropped children at the beginning start; undefined as soon as one stays.
    let leading: number | undefined
    let kept = false
    let previousEnd = container.start
    forEachChild(this.#text, container.start, (child) => {
      const next = nodesFor(child.key, nodes)
      const rule = lastRule(next)
      if (rule?.change === 'drop') {
        this.#note(rule, 'drop')
        // With the comma before it, so that the member behind keeps its line; the first ones go with the comma behind.
        if (kept) this.#edits.push({ start: previousEnd, end: child.end, text: '' })
        else leading ??= child.from
      } else {
        if (leading !== undefined) this.#edits.push({ start: leading, end: child.from, text: '' })
        leading = undefined
        kept = true
        this.#child(child, next, rule)
      }
      previousEnd = child.end
    })
    if (leading === undefined) return
    // Nothing is left: Go prints the two brackets together.
    this.#edits.push({ start: container.start + 1, end: container.end - 1, text: '' })
  }

  #child(child: Child, nodes: readonly RuleNode[], rule: RankedRule | undefined): void {
    if (rule !== undefined && typeof rule.change === 'function') {
      const { start, end } = child
      const changed = rule.change(this.#text.slice(start, end))
      this.#note(rule, changed === undefined ? 'mask' : rule.action)
      this.#edits.push({ start, end, text: changed ?? mask })
    } else if (nodes.some(({ any, members }) => any !== undefined || members.size > 0)) {
      this.#walk(child, nodes)
    }
  }

  #note({ pointer }: RankedRule, action: string): void {
    this.done.add(`${pointer}=${action}`)
  }
}

function nodesFor(key: string, nodes: readonly RuleNode[]): readonly RuleNode[] {
  const next: RuleNode[] = []
  for (const { members, any } of nodes) {
    const member = members.get(key) ?? members.get(foldKey(key))
    if (member !== undefined) next.push(member)
    if (any !== undefined) next.push(any)
  }
  return next
}

function lastRule(nodes: readonly RuleNode[]): RankedRule | undefined {
  let last: RankedRule | undefined
  for (const { rule } of nodes) if (rule !== undefined && rule.rank >= (last?.rank ?? 0)) last = rule
  return last
}
