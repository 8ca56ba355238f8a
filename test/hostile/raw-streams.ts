import { seededRandom } from '../../src/testing/seeded-random.ts'
import { framingShapes } from './framing-shapes.ts'
import { Pick } from './pick.ts'
import { honestBody } from './post.ts'
import { requestShapes } from './request-shapes.ts'
import { eventId, hostLine, requestOf, type StreamParts, type StreamShape } from './stream-shape.ts'

/** Bytes for one connection. */
export interface RawStream {
  readonly made: string
  readonly bytes: Buffer
  /** Ids of the events that requests of it may leave behind, each once; whatever else turns up was smuggled. */
  readonly allowed: readonly string[]
  /** Of these, the ones that a server which knows HTTP has to take. */
  readonly due: readonly string[]
}

const shapes: readonly (readonly [name: string, shape: StreamShape])[] = Object.entries({
  ...framingShapes,
  ...requestShapes,
})

/** The same streams for the same seed, without end. */
export function* rawStreams(seed: number): Generator<RawStream, never, undefined> {
  const pick = new Pick(seededRandom(seed))
  for (let number = 0; ; number++) {
    // In turn: a run of a few thousand has each of them often.
    const [made, shape] = shapes[number % shapes.length] ?? pick.of(shapes)
    const stream = shape({ ...partsOf(number), pick })
    const plain = typeof stream === 'string' || Buffer.isBuffer(stream)
    const bytes = plain ? stream : stream.bytes
    const allowed = plain ? [eventId('outer', number)] : stream.allowed
    yield {
      made,
      bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
      allowed,
      due: plain || stream.due !== true ? [] : allowed,
    }
  }
}

function partsOf(number: number): Omit<StreamParts, 'pick'> {
  const head = `POST /notifications HTTP/1.1\r\n${hostLine}Content-Type: application/json\r\n`
  return {
    head,
    body: honestBody(eventId('outer', number)),
    canary: requestOf(head, honestBody(eventId('canary', number))),
    number,
  }
}
