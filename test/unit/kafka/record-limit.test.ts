import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordLimit } from '../../../src/kafka/record-limit.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { CountedTelemetry } from './counted-telemetry.ts'

interface Asking {
  readonly limit: RecordLimit
  readonly telemetry: CountedTelemetry
  readonly limits: readonly number[]
}

function asking(ask: () => Promise<number>): Asking {
  const telemetry = new CountedTelemetry()
  const limits: number[] = []
  const limit = new RecordLimit({
    topic: 'events',
    ask,
    onLimit: (bytes) => limits.push(bytes),
    clock: new ManualClock(),
    logger: telemetry.logger,
  })
  return { limit, telemetry, limits }
}

test('settings that cannot be read are said, and those that can be change the limit', async () => {
  const refused = asking(() => Promise.reject(new Error('not authorized')))
  await refused.limit.read()
  assert.equal(refused.telemetry.logged('info', /settings of the topic cannot be read/).length, 1)
  const read = asking(() => Promise.resolve(700))
  await read.limit.read()
  assert.deepEqual([read.limits, read.telemetry.lines], [[700], []])
})

for (const [what, answer] of [
  ['fails', () => Promise.reject(new Error('metadata not loaded'))],
  ['is answered', () => Promise.resolve(700)],
] as const) {
  test(`a question that ${what} after the close says and changes nothing: the client was closed under it`, async () => {
    const { limit, telemetry, limits } = asking(answer)
    const reading = limit.read()
    limit.close()
    await reading
    assert.deepEqual([telemetry.lines, limits], [[], []])
  })
}
