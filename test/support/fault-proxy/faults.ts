export type Direction = 'toBroker' | 'toClient'

/** How a connection ends: by a reset, as from a host that crashed, or in good order. */
export type Cut = 'reset' | 'end'

/** What happens to the bytes of one direction. */
export interface DirectionFaults {
  /** Milliseconds that every byte takes longer. */
  readonly delayMs: number
  /** Up to so many milliseconds more, drawn for each frame; the order is kept. */
  readonly jitterMs: number
  readonly bytesPerSecond: number
  /**
   * `hold`: nothing passes and nothing is lost, as between two parts of a network; what was held goes on when it is healed,
   * also when who sent it has given it up. `swallow`: bytes are lost; a connection that lost some is reset when it is healed.
   */
  readonly flow: 'pass' | 'hold' | 'swallow'
}

/** How long a fault lasts, and how often it strikes. */
interface Strikes {
  /** Of a request. Default 1. */
  readonly probability?: number
  /** It is over after so many. Default: without end. */
  readonly times?: number
}

/** The broker gets a Produce request and carries it out, and the client never hears of it. */
export interface LostResponses extends Strikes {
  /** `stays`: the client waits until its own time-out. `cut`: it is reset. */
  readonly connection: 'stays' | 'cut'
}

/** A Produce request is answered with this error for each partition. */
export interface FakedAnswer extends Strikes {
  /** Of Kafka's protocol: 45 is OUT_OF_ORDER_SEQUENCE_NUMBER. */
  readonly errorCode: number
  /** `instead`: the broker never sees the request. `after`: it carries it out first. */
  readonly when: 'instead' | 'after'
}

/** Produce responses that tell the client to wait, as a broker does whose quota is used up. */
export interface Throttling extends Strikes {
  readonly ms: number
}

/** Connections that end in the middle of what is sent. */
export interface CutAfter {
  readonly direction: Direction
  /** Bytes of that direction that still get through. */
  readonly bytes: number
  readonly how?: Cut
  /** Connections that meet it; those after them do not. Default: all. */
  readonly times?: number
}

/** All that can be wrong with the way to one broker. */
export interface Faults {
  /**
   * `refuse`: a new connection is reset at once. (The port stays bound: given back to the system, it could go to somebody
   * else.) `swallow`: it is taken, and nobody ever answers.
   */
  readonly connect: 'forward' | 'refuse' | 'swallow'
  readonly toBroker: DirectionFaults
  readonly toClient: DirectionFaults
  readonly cutAfter?: CutAfter
  readonly lost?: LostResponses
  readonly faked?: FakedAnswer
  readonly throttled?: Throttling
}

/** To be set: what is not named is as it should be. */
export type FaultSettings = Partial<Omit<Faults, Direction>> & {
  readonly [direction in Direction]?: Partial<DirectionFaults>
}

const goodDirection: DirectionFaults = {
  delayMs: 0,
  jitterMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  flow: 'pass',
}

export function faultsOf({ toBroker, toClient, ...others }: FaultSettings = {}): Faults {
  return {
    connect: 'forward',
    ...others,
    toBroker: { ...goodDirection, ...toBroker },
    toClient: { ...goodDirection, ...toClient },
  }
}
