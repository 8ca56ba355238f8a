import { certificateFault, dayText } from './certificate.ts'
import { failure, note, ok, type Seen, type SeenState, warning } from './check.ts'
import type { FullyReached, NotReached, Reach, ReachTarget } from './reach.ts'
import { oneLine } from './trouble.ts'

/** A place with the words for it. */
export interface NamedTarget extends ReachTarget {
  /** `kafka-1:9092`, `https://registry:8081`. */
  readonly where: string
  /** Key of the configuration that names it. */
  readonly key: string
  /** Key of the block of TLS. */
  readonly tlsKey: string
  /** A server that does not answer HTTP is of no use; of an endpoint, that takes POST, HEAD does not tell for certain. */
  readonly mustAnswer?: boolean
}

/** One server of a kind: whether the way to it is free. */
export async function reachOne(reach: Reach, target: NamedTarget, now: () => number): Promise<Seen> {
  const { where, key, tlsKey, port, mustAnswer = false } = target
  const found = await reach(target)
  if (!found.reached) return notReached(target, found)
  const fault = found.tls === undefined ? undefined : certificateFault(where, found.tls, tlsKey, now())
  if (fault !== undefined) return fault
  if (found.http !== undefined && found.http.status === undefined) {
    const todo = `look at what listens at port ${port} there; ${key} names it`
    const text = `${where} takes connections and does not answer HTTP`
    return mustAnswer ? failure(text, todo) : warning(text, todo)
  }
  return judged(target, found)
}

/** Several servers that stand in for each other: one that cannot be reached is an error only where all cannot. */
export async function reachAny(
  reach: Reach,
  targets: readonly NamedTarget[],
  now: () => number,
): Promise<readonly Seen[]> {
  const seen = await Promise.all(targets.map((target) => reachOne(reach, target, now)))
  if (seen.every(({ state }) => state === 'error')) return seen
  return seen.map((one) => (one.state === 'error' ? { ...one, state: 'warning' satisfies SeenState } : one))
}

/** What does not know HEAD answers 405 or 501, which says nothing of POST. */
const knowsNoHead = 501

function judged({ where, mustAnswer = false }: NamedTarget, found: FullyReached): Seen {
  const text = `${where}: ${way(found)}`
  const status = found.http?.status ?? 0
  if (status >= 500 && status !== knowsNoHead) {
    return warning(text, 'look at the log of that server, and at what stands in front of it')
  }
  // The headers of the configuration are not sent: with them it may well be let in.
  if (!mustAnswer && (status === 401 || status === 403)) {
    return note(`${text}: refuses a HEAD without credentials; if deliveries are refused too, look at headers`)
  }
  // Of a server with an API the path that is asked for need not be one; to the path of an endpoint events are posted.
  return !mustAnswer && (status === 404 || status === 410)
    ? note(`${text}; if it answers POST so too, nothing is delivered`)
    : ok(text)
}

function way({ addresses, nameMs, connectMs, tls, http }: FullyReached): string {
  return [
    ...(nameMs === undefined ? [] : [`${addresses.join(', ')} by DNS in ${nameMs} ms`]),
    `connected in ${connectMs} ms`,
    ...(tls === undefined
      ? []
      : [`${tls.version} in ${tls.ms} ms, certificate valid until ${dayText(tls.validTo)}`]),
    ...(http?.status === undefined ? [] : [`answers ${http.status} to HEAD`]),
  ].join(', ')
}

function notReached({ where, key, tlsKey, port }: NamedTarget, found: NotReached): Seen {
  const { at, code, message, addresses } = found
  switch (at) {
    case 'name':
      return code === 'ENOTFOUND'
        ? failure(
            `${where}: this machine knows no host of that name`,
            `correct ${key}, or make the name known (DNS, /etc/hosts)`,
          )
        : failure(
            `${where}: the name could not be looked up (${code})`,
            'look at the resolver of this machine: /etc/resolv.conf',
          )
    case 'address':
      return failure(
        `${where}: ${message}`,
        `correct ${key}; if that address is meant, name it in addresses.allow of the endpoint`,
      )
    case 'connection':
      return failure(`${where}: no connection (${code})${by(addresses)}`, connectionTodo(code, key, port))
    case 'tls':
      return failure(
        `${where}: connected, but no TLS (${code}: ${oneLine(message)})`,
        `see whether that port speaks TLS, and whether it wants a certificate of ours (${tlsKey}.certificateFile)`,
      )
  }
}

function by(addresses: readonly string[]): string {
  return addresses.length === 0 ? '' : ` to ${addresses.join(', ')}`
}

function connectionTodo(code: string, key: string, port: number): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `start the server; if it runs, it listens elsewhere than at port ${port}: correct ${key}`
    case 'ETIMEDOUT':
      return 'nothing came back: look for a firewall on the way, and whether that machine is up'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'this machine has no route there: look at its network (ip route)'
    default:
      return `look at the server and at the way to it; ${key} names it`
  }
}
