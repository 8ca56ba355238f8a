import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createIntake } from '../../../src/gateway/intake.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { defaultServerLimits } from '../../../src/gateway/server-limits.ts'
import { until } from '../../support/until.ts'
import { post, rawConnection, startGateway } from './harness.ts'

const envelope = (id: string) => `{"events":[{"id":"${id}","target":{"repository":"team/app"}}]}`

function rulesOf(publisherId: string, strict: boolean) {
  const quarantine = createQuarantine()
  return {
    intake: createIntake({ quarantine, strict, publisherId }),
    quarantine,
    strict,
    ackBudgetMs: 60_000,
    traceparent: false,
    limits: defaultServerLimits,
  }
}

async function start(t: TestContext) {
  const gateway = await startGateway(t, rulesOf('before', false))
  return { ...gateway, publishers: () => gateway.sink.texts.map((text) => /before|after/.exec(text)?.[0]) }
}

test('rules that are replaced are those of the next request', async (t) => {
  const { server, url, publishers } = await start(t)
  assert.equal((await post(url, 'no envelope')).status, 200)
  assert.equal((await post(url, envelope('a'))).status, 200)
  server.replaceRules(rulesOf('after', true))
  assert.equal((await post(url, 'no envelope')).status, 400)
  assert.equal((await post(url, envelope('b'))).status, 200)
  assert.deepEqual(publishers(), ['before', 'after'])
})

test('a body that has begun to come is handled to its end by the rules that it began under', async (t) => {
  const { server, port, sink, metric } = await start(t)
  const { socket, text } = await rawConnection(t, port)
  const body = 'no envelope'
  socket.write(
    `POST /notifications HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  await until(async () => (await metric('registry_relay_gateway_in_flight_requests')) === 1)
  server.replaceRules(rulesOf('after', true))
  socket.write(body)
  await until(() => text().includes('\r\n\r\n'))
  assert.match(text(), /^HTTP\/1\.1 200 /)
  assert.equal(sink.rejected.length, 1)
})
