import { type TestContext, test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import type { Event } from '../../../src/event/event.ts'
import { Endpoint } from '../../../src/http/endpoint.ts'
import { HttpSink } from '../../../src/http/http-sink.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import type { SinkConformanceOptions } from '../../../src/testing/conformance/terms.ts'
import { sinkConformance } from '../../../src/testing/sink-conformance.ts'
import { type RawReceiver, rawReceiver, status } from '../../support/raw-receiver.ts'

function received({ requests }: RawReceiver): number[] {
  return requests.flatMap(({ body }) =>
    readEnvelope(Buffer.from(body)).events.map(({ event }) => Number(event.id)),
  )
}

/** What a sink has to do, shown over real connections. */
function conformance(kind: 'end-to-end' | 'buffering', make: (url: string) => Sink<Event>) {
  return (t: TestContext): SinkConformanceOptions<Event> => ({
    kind,
    item: (n) => ({ id: String(n) }),
    async create() {
      const receiver = await rawReceiver(t, status(200))
      return { sink: make(receiver.url), received: () => received(receiver), dispose: () => receiver.die() }
    },
    async createHeldUp() {
      let held: (() => void)[] | undefined = []
      const receiver = await rawReceiver(t, (socket, request) => {
        const answer = (): void => status(200)(socket, request)
        if (held === undefined) answer()
        else held.push(answer)
      })
      return {
        sink: make(receiver.url),
        received: () => received(receiver),
        dispose: () => receiver.die(),
        release() {
          for (const answer of held ?? []) answer()
          held = undefined
        },
      }
    },
  })
}

const subjects = {
  HttpSink: conformance('end-to-end', (url) => new HttpSink({ url })),
  'Endpoint of Distribution': conformance(
    'buffering',
    (url) => new Endpoint({ name: 'e', url, timeoutMs: 5_000 }),
  ),
  'Endpoint of GitLab': conformance(
    'buffering',
    (url) => new Endpoint({ name: 'e', url, profile: 'gitlab', timeoutMs: 5_000 }),
  ),
}

for (const [name, options] of Object.entries(subjects)) {
  // The context of a check is only there when it runs; the list of checks is the same for all.
  const names = sinkConformance(options(undefined as never)).map((check) => check.name)
  for (const [n, check] of names.entries()) {
    test(`${name}: ${check}`, async (t) => {
      await sinkConformance(options(t))[n]?.run()
    })
  }
}
