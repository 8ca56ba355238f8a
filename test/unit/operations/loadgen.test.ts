import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { type FarEnd, isClean, type LoadgenOptions, runLoadgen } from '../../../src/operations/loadgen.ts'
import type { Arrival } from '../../../src/operations/loadgen-ledger.ts'
import { type Answer, gatewayProblem, type Post } from '../../../src/operations/loadgen-post.ts'
import { DistributionRetries, GitLabRetries } from '../../../src/operations/loadgen-retries.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'

/** A relay in memory: what `answer` takes it hands on, by `forward`. */
class ScriptedRelay implements FarEnd {
  readonly bodies: string[] = []
  answer: (attempt: number) => Answer | Promise<Answer> = () => ({ status: 200, message: '' })
  forward: (body: string, count: number) => readonly string[] = (body) => [body]
  fail: (error: Error) => void = () => {}
  closed = false
  attempts = 0
  #onArrival: (arrival: Arrival) => void = () => {}

  async open(onArrival: (arrival: Arrival) => void, onFailure: (error: Error) => void): Promise<void> {
    this.#onArrival = onArrival
    this.fail = onFailure
  }

  async close(): Promise<void> {
    this.closed = true
  }

  deliver(body: string): void {
    for (const { event, envelopeText } of readEnvelope(Buffer.from(body)).events) {
      this.#onArrival({ event, body: envelopeText })
    }
  }

  readonly post: Post = async ({ body }) => {
    this.attempts += 1
    const answer = await this.answer(this.attempts)
    if ('status' in answer && answer.status === 200) {
      this.bodies.push(body)
      for (const one of this.forward(body, this.bodies.length)) this.deliver(one)
    }
    return answer
  }
}

function start(relay: ScriptedRelay, options: Partial<LoadgenOptions> = {}) {
  const clock = new ManualClock()
  /** Lets the time go by in which repeats are waited for. */
  const quiet = async () => {
    await until(() => clock.pending === 1)
    await clock.advance(2_000)
    return ended
  }
  const stop = new AbortController()
  const giveUp = new AbortController()
  const ended = runLoadgen({
    profile: 'distribution-3',
    registries: 2,
    repositories: 2,
    events: 20,
    seed: 1,
    post: () => relay.post,
    retries: () => new DistributionRetries({ threshold: 2, backoffMs: 1_000 }),
    farEnd: relay,
    patienceMs: 10_000,
    quietMs: 2_000,
    alteredAllowed: false,
    clock,
    stop: stop.signal,
    giveUp: giveUp.signal,
    onProgress: () => {},
    ...options,
  })
  return { clock, ended, quiet, stop: () => stop.abort(), giveUp: () => giveUp.abort() }
}

/** A gateway that never answers. */
function silent() {
  let attempts = 0
  const post: Post = (_, signal) => {
    attempts += 1
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const started = start(new ScriptedRelay(), { registries: 1, farEnd: undefined, post: () => post })
  return { ...started, attempts: () => attempts }
}

test('a relay that hands on everything in order has a clean report', async () => {
  const relay = new ScriptedRelay()
  const report = await start(relay).quiet()
  assert.equal(isClean(report), true)
  const { events, taken, givenUp, unanswered, retries, answers, farEnd } = report
  assert.deepEqual([events, taken, givenUp, unanswered, retries], [20, 20, 0, 0, 0])
  assert.deepEqual(answers, { 200: 20 })
  assert.deepEqual([farEnd?.arrived, farEnd?.lost, farEnd?.altered], [20, 0, 0])
  assert.equal(relay.closed, true)
})

test('a relay that loses one is found out, once nothing has come for the patience', async () => {
  const relay = new ScriptedRelay()
  relay.forward = (body, count) => (count === 7 ? [] : [body])
  const { clock, ended } = start(relay)
  await until(() => clock.pending === 1)
  await clock.advance(10_000)
  const report = await ended
  assert.equal(report.farEnd?.lost, 1)
  assert.equal(isClean(report), false)
})

test('a relay that reorders or doubles is found out', async () => {
  const relay = new ScriptedRelay()
  let held: string | undefined
  relay.forward = (body, count) => {
    if (count === 5) {
      held = body
      return []
    }
    return count === 20 && held !== undefined ? [body, held, held] : [body]
  }
  const report = await start(relay, { registries: 1, repositories: 1 }).quiet()
  assert.deepEqual([report.farEnd?.outOfOrder, report.farEnd?.duplicates, report.farEnd?.lost], [1, 1, 0])
  assert.equal(isClean(report), false)
})

test('the deadline moves as long as something arrives', async () => {
  const relay = new ScriptedRelay()
  relay.forward = () => []
  const { clock, quiet } = start(relay, { events: 3 })
  await until(() => relay.bodies.length === 3 && clock.pending === 1)
  for (const body of relay.bodies) {
    await clock.advance(9_000)
    relay.deliver(body)
  }
  assert.equal((await quiet()).farEnd?.lost, 0)
})

test('Distribution repeats what was refused until it is taken, and counts each attempt', async () => {
  const relay = new ScriptedRelay()
  relay.answer = (attempt) => {
    if (attempt <= 3) return { status: 503, message: '' }
    return attempt === 4 ? { failure: 'timeout' } : { status: 200, message: '' }
  }
  const { clock, quiet } = start(relay, { registries: 1, events: 2 })
  await until(() => clock.pending === 1)
  await clock.advance(3_000)
  const { taken, retries, answers } = await quiet()
  assert.deepEqual([taken, retries, relay.attempts], [2, 4, 6])
  assert.deepEqual(answers, { 200: 2, 503: 3, timeout: 1 })
})

test('what GitLab drops was never taken: that is not a loss of the relay, and not clean either', async () => {
  const relay = new ScriptedRelay()
  relay.answer = (attempt) => ({ status: attempt <= 2 ? 500 : 200, message: '' })
  const { clock, quiet } = start(relay, {
    registries: 1,
    events: 3,
    retries: () => new GitLabRetries({ maxRetries: 1, backoffMs: 100 }, () => 0.5),
  })
  await until(() => clock.pending === 1)
  await clock.advance(200)
  const report = await quiet()
  assert.deepEqual([report.taken, report.givenUp, report.farEnd?.lost], [2, 1, 0])
  assert.equal(isClean(report), false)
})

test('at a rate the time that an event waits at its registry is part of its way', async () => {
  const relay = new ScriptedRelay()
  const { clock, quiet } = start(relay, { registries: 1, events: 3, rate: 10 })
  relay.answer = async () => {
    await new Promise<void>((resolve) => clock.after(250, resolve))
    return { status: 200, message: '' }
  }
  await clock.advance(1_000)
  const { farEnd, seconds } = await quiet()
  assert.equal(seconds, 0.75)
  // Happened at 0, 100 and 200 ms; taken at 250, 500 and 750.
  assert.deepEqual([farEnd?.latencyMs?.p50, farEnd?.latencyMs?.max], [400, 550])
})

test('stopped, it waits for what is on its way, and tells what it has when it is told again', async () => {
  const relay = new ScriptedRelay()
  relay.forward = () => []
  const { clock, ended, stop, giveUp } = start(relay, { events: undefined, rate: 10, registries: 1 })
  await clock.advance(1_000)
  stop()
  await until(() => clock.pending === 1)
  giveUp()
  const { events, taken, unanswered, farEnd } = await ended
  assert.equal(taken, events)
  assert.deepEqual([unanswered, farEnd?.lost], [0, taken])
})

test('an event that was refused until it is stopped is not repeated; it is neither taken nor lost, and not clean', async () => {
  const relay = new ScriptedRelay()
  relay.answer = () => ({ status: 503, message: '' })
  const { clock, quiet, stop } = start(relay, { registries: 1 })
  await until(() => clock.pending === 1)
  stop()
  const report = await quiet()
  const { events, unanswered, farEnd } = report
  assert.deepEqual([events, unanswered, farEnd?.lost, relay.attempts], [1, 1, 0, 2])
  assert.equal(isClean(report), false)
  assert.equal(isClean({ ...report, farEnd: undefined }), false)
})

test('stopped while answers are out it hears them, so that a healthy gateway owes none', async () => {
  const relay = new ScriptedRelay()
  const { clock, quiet, stop } = start(relay)
  let answered = 0
  relay.answer = async () => {
    await new Promise<void>((resolve) => clock.after(250, resolve))
    answered += 1
    return { status: 200, message: '' }
  }
  await until(() => relay.attempts === 2)
  stop()
  await clock.advance(250)
  const report = await quiet()
  assert.deepEqual([report.events, report.taken, report.unanswered, answered], [2, 2, 0, 2])
  assert.equal(isClean(report), true)
})

test('an answer that does not come within a second of the stop is not waited for, nor after a second order', async () => {
  for (const impatient of [false, true]) {
    const { clock, ended, stop, giveUp, attempts } = silent()
    await until(() => attempts() === 1)
    stop()
    if (impatient) giveUp()
    else await clock.advance(1_000)
    const report = await ended
    assert.deepEqual([report.events, report.unanswered], [1, 1])
    assert.equal(isClean(report), false)
  }
})

test('a repeat that comes behind the last event is counted, as long as nothing is quiet', async () => {
  const relay = new ScriptedRelay()
  const { clock, quiet } = start(relay, { registries: 1, events: 3 })
  await until(() => relay.bodies.length === 3 && clock.pending === 1)
  for (const body of relay.bodies) {
    await clock.advance(1_500)
    relay.deliver(body)
  }
  const report = await quiet()
  assert.deepEqual([report.farEnd?.duplicates, report.farEnd?.lost], [3, 0])
})

test('other bytes than were posted are not clean, unless they are meant', async () => {
  for (const alteredAllowed of [false, true]) {
    const relay = new ScriptedRelay()
    relay.forward = (body) => [body.replace('registry-1.example.com', 'redacted')]
    const report = await start(relay, { registries: 1, alteredAllowed }).quiet()
    assert.equal(report.farEnd?.altered, 20)
    assert.equal(isClean(report), alteredAllowed)
  }
})

test('where nobody looks it is not known whether all arrived', async () => {
  const relay = new ScriptedRelay()
  assert.equal(isClean(await start(relay, { farEnd: undefined }).ended), undefined)
})

test('a far end that sees nothing any more ends the run', async () => {
  const relay = new ScriptedRelay()
  relay.forward = () => []
  const { clock, ended } = start(relay)
  await until(() => clock.pending === 1)
  relay.fail(new Error('the topic is gone'))
  await assert.rejects(ended, /the topic is gone/)
  assert.equal(relay.closed, true)
})

test('stopped before the far end is open, it posts nothing', async () => {
  const relay = new ScriptedRelay()
  relay.open = () => new Promise(() => {})
  const { ended, stop } = start(relay)
  stop()
  const report = await ended
  assert.equal(report.events, 0)
  assert.equal(isClean(report), false)
  assert.deepEqual([relay.attempts, relay.closed], [0, true])
})

test('a gateway that would take nothing is told before anything is posted', async () => {
  const signal = new AbortController().signal
  const problem = (answer: Answer): Promise<string | undefined> =>
    gatewayProblem(async ({ body }) => (body === '{}' ? answer : assert.fail(body)), 'a/b', signal)
  assert.equal(await problem({ status: 200, message: '' }), undefined)
  assert.match(
    (await problem({ status: 401, message: 'No.' })) ?? '',
    /^the gateway answers 401: No\. .*--token/,
  )
  assert.match((await problem({ status: 404, message: '' })) ?? '', /gateway\.path/)
  assert.match((await problem({ failure: 'ECONNREFUSED' })) ?? '', /does not answer \(ECONNREFUSED\)/)
  assert.match((await problem({ failure: 'timeout' })) ?? '', /does not answer in time/)
})
