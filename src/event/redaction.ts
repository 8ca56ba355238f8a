import { RelayError } from '../errors.ts'
import { addressPrefix } from './address-prefix.ts'
import { type ReceivedEvent, readEnvelopeText } from './envelope.ts'
import { foldKey } from './event-shape.ts'
import { goString } from './go-string.ts'
import { mask, type RankedRule, Redactor, type RuleNode } from './redactor.ts'

/**
 * What becomes of a value.
 *
 * - `drop`: the member goes, as if the registry had not sent it.
 * - `mask`: the value becomes the text `***`.
 * - `hmac`: a text or a number becomes `hmac:<keyId>:<digest>`, the same for the same value, so that events can still be
 *   counted by it.
 * - `truncate-ip`: addresses become their networks, /24 and /48, without ports.
 * - `keep`: nothing; takes a value out of a wider rule that stands before.
 *
 * What an action cannot be done to (an object for `hmac`, a host name for `truncate-ip`) is masked, never kept.
 */
export type RedactionAction = 'keep' | 'drop' | 'mask' | 'hmac' | 'truncate-ip'

export interface RedactionRule {
  /**
   * JSON pointer (RFC 6901) within the event: `/actor/user`, `/target/references/0/urls`. A segment `*` stands for
   * every key or index. Keys match in any case, everywhere, because Go's readers take them so.
   */
  readonly pointer: string
  readonly action: RedactionAction
}

/** Of several rules that match a value, the last one in the list counts. */
export interface RedactionPolicy {
  readonly rules: readonly RedactionRule[]
  /** What `hmac` needs: a keyed hash, and the name of its key, which tells the values before a rotation from those after. */
  readonly hmac?: { readonly keyId: string; readonly digest: (text: string) => string }
}

/** What nobody needs to see in a topic that many may read: GitLab's token of the user, and the client's own address. */
export const recommendedRedaction: readonly RedactionRule[] = [
  { pointer: '/actor/user', action: 'drop' },
  { pointer: '/request/addr', action: 'truncate-ip' },
]

const actions: ReadonlySet<string> = new Set<RedactionAction>(['keep', 'drop', 'mask', 'hmac', 'truncate-ip'])

export interface Redacted {
  readonly received: ReceivedEvent
  /** What was done, by the rules that did it: `/actor/user=drop`. `undefined`: nothing matched, and nothing changed. */
  readonly redactions: readonly string[] | undefined
}

/**
 * Makes a function that takes out of an event what the policy names, before anything stores it. It works on the text of
 * the Envelope: what no rule names stays byte for byte, every occurrence of a repeated key is redacted and not only the
 * one that counts, and the event is read again from the result. Dropped members leave the layout that Go would have
 * printed without them.
 *
 * One walk over the text per level that the pointers name, however many rules there are.
 *
 * @throws RelayError CONFIG_INVALID for a policy that cannot be used.
 */
export function compileRedaction(policy: RedactionPolicy): (received: ReceivedEvent) => Redacted {
  const tree = ruleTree(policy)
  return (received) => {
    const redactor = new Redactor(received.envelopeText)
    redactor.walkEnvelope(tree)
    if (redactor.done.size === 0) return { received, redactions: undefined }
    const [event] = readEnvelopeText(redactor.text()).events
    // No pointer names a whole event, so one is there; if not, an error is better than the text with its secrets.
    if (event === undefined)
      throw new RelayError('NOT_AN_ENVELOPE', 'There is no event in the redacted text.')
    return { received: { ...event, index: received.index }, redactions: [...redactor.done] }
  }
}

function ruleTree({ rules, hmac }: RedactionPolicy): RuleNode {
  if (hmac !== undefined && !/^[\w.-]{1,64}$/.test(hmac.keyId)) {
    throw invalid(`hmac.keyId: expected 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", got "${hmac.keyId}"`)
  }
  const root: RuleNode = { members: new Map() }
  for (const [rank, { pointer, action }] of rules.entries()) {
    if (!actions.has(action)) {
      throw invalid(`rules[${rank}].action: expected one of ${[...actions].join(', ')}, got "${action}"`)
    }
    if (action === 'hmac' && hmac === undefined) {
      throw invalid(`rules[${rank}].action: "hmac" needs a key, and the policy has none`)
    }
    let node = root
    for (const segment of segmentsOf(pointer, rank)) node = below(node, segment)
    node.rule = { rank, pointer, action, change: changeOf(action, hmac) }
  }
  return root
}

function changeOf(action: RedactionAction, hmac: RedactionPolicy['hmac']): RankedRule['change'] {
  switch (action) {
    case 'keep':
    case 'drop':
      return action
    case 'mask':
      return () => mask
    case 'hmac':
      return (json) => hashed(json, hmac)
    case 'truncate-ip':
      return (json) => {
        const prefix = json.startsWith('"') ? addressPrefix(JSON.parse(json) as string) : undefined
        return prefix === undefined ? undefined : `"${prefix}"`
      }
  }
}

function hashed(json: string, hmac: RedactionPolicy['hmac']): string | undefined {
  const isText = json.startsWith('"')
  if (hmac === undefined || !(isText || /^[-\d]/.test(json))) return undefined
  // A number by its own spelling: as doubles, large ones would fall together.
  const digest = hmac.digest(isText ? (JSON.parse(json) as string) : json)
  return goString(`hmac:${hmac.keyId}:${digest}`, true)
}

function segmentsOf(pointer: string, rank: number): readonly string[] {
  // The empty pointer is the event itself, and an event that is not to be sent is the business of the ignore rules.
  if (!pointer.startsWith('/')) {
    throw invalid(`rules[${rank}].pointer: expected a JSON pointer that begins with "/", got "${pointer}"`)
  }
  if (/~(?![01])/.test(pointer)) {
    throw invalid(`rules[${rank}].pointer: "~" is written "~0" and "/" is written "~1", got "${pointer}"`)
  }
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function below(node: RuleNode, segment: string): RuleNode {
  if (segment === '*') {
    node.any ??= { members: new Map() }
    return node.any
  }
  const key = foldKey(segment)
  const known = node.members.get(key)
  if (known !== undefined) return known
  const next: RuleNode = { members: new Map() }
  node.members.set(key, next)
  return next
}

function invalid(reason: string): RelayError {
  return new RelayError('CONFIG_INVALID', `Redaction policy: ${reason}.`)
}
