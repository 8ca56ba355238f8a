import { setTimeout as pause } from 'node:timers/promises'
import type { GatewaySeams } from '../../src/app/compose.ts'
import type { GatewayItem } from '../../src/gateway/gateway-item.ts'
import type { Sink, WriteOptions } from '../../src/sink/sink.ts'

/** Gateways with a defect that the checker must find. */
export type Mutation =
  /** One event in a thousand never gets to Kafka. */
  | 'lose'
  /** One in a thousand is stored behind the next one of its repository. */
  | 'swap'
  /** One in a thousand is sent twice. */
  | 'double'
  /** Events are acknowledged before they are stored. */
  | 'early-ack'

export const mutationNames: readonly Mutation[] = ['lose', 'swap', 'double', 'early-ack']

const every = 1_000

type GatewaySink = Sink<GatewayItem>
type Write = GatewaySink['write']

export function mutated(mutation: Mutation | undefined): Pick<GatewaySeams, 'wrapSink' | 'wrapRoute'> {
  switch (mutation) {
    case undefined:
      return {}
    case 'lose':
      return { wrapRoute: (route) => withWrite(route, losing(route)) }
    case 'swap':
      return { wrapSink: (sink) => withWrite(sink, swapping(sink)) }
    case 'double':
      return { wrapRoute: (route) => withWrite(route, doubling(route)) }
    case 'early-ack':
      return { wrapSink: (sink) => withWrite(sink, acknowledgingEarly(sink)) }
  }
}

export function withWrite(inner: GatewaySink, write: Write): GatewaySink {
  return { write, close: (options) => inner.close(options) }
}

/** True once in {@link every} calls, and not for the first. */
function rarely(): () => boolean {
  let calls = 0
  return () => ++calls % every === 0
}

function losing(inner: GatewaySink): Write {
  const unlucky = rarely()
  return (items, options) => (unlucky() ? Promise.resolve() : inner.write(items, options))
}

function doubling(inner: GatewaySink): Write {
  const unlucky = rarely()
  return async (items, options) => {
    await inner.write(items, options)
    if (unlucky()) await inner.write(items, options)
  }
}

function swapping(inner: GatewaySink): Write {
  const unlucky = rarely()
  const held = new Map<string, readonly GatewayItem[]>()
  return async (items: readonly GatewayItem[], options?: WriteOptions) => {
    const key = String(items[0]?.record.key)
    if (unlucky()) {
      held.set(key, items)
      return
    }
    const earlier = held.get(key)
    held.delete(key)
    await inner.write(items, options)
    if (earlier !== undefined) await inner.write(earlier)
  }
}

function acknowledgingEarly(inner: GatewaySink): Write {
  return (items) => {
    void pause(20).then(() => inner.write(items))
    return Promise.resolve()
  }
}
