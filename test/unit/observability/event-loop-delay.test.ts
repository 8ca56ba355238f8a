import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DelayMonitor, EventLoopDelay } from '../../../src/observability/event-loop-delay.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'

/** Says of each percentile what it was told, plus the 10 ms that it waits between two samples. */
class ScriptedMonitor implements DelayMonitor {
  seconds = 0
  enabled = true

  get max(): number {
    return (this.seconds + 0.01) * 1e9
  }

  percentile(percent: number): number {
    return ((this.seconds * percent) / 100 + 0.01) * 1e9
  }

  disable(): void {
    this.enabled = false
  }
}

function bed(): { clock: ManualClock; monitors: ScriptedMonitor[]; delay: EventLoopDelay } {
  const clock = new ManualClock()
  const monitors: ScriptedMonitor[] = []
  const start = (): ScriptedMonitor => {
    const monitor = new ScriptedMonitor()
    monitors.push(monitor)
    return monitor
  }
  return { clock, monitors, delay: new EventLoopDelay(clock, start) }
}

test('tells the delay alone, in seconds, without what the monitor waits between two samples', () => {
  const { monitors, delay } = bed()
  for (const monitor of monitors) monitor.seconds = 2
  const { p50, p99, max } = delay.read()
  assert.deepEqual(
    [p50, p99, max].map((seconds) => seconds.toFixed(6)),
    ['1.000000', '1.980000', '2.000000'],
  )
})

test('two readers see the same', async () => {
  const { clock, monitors, delay } = bed()
  delay.read()
  await clock.advance(10_000)
  // A long halt, seen by the monitors of that time.
  for (const monitor of monitors) monitor.seconds = 5
  assert.equal(delay.read().max.toFixed(3), '5.000')
  assert.equal(delay.read().max.toFixed(3), '5.000')
})

test('one that reads alone misses nothing, however rarely it reads', async () => {
  const { clock, monitors, delay } = bed()
  for (let read = 0; read < 3; read += 1) {
    await clock.advance(300_000)
    delay.read()
  }
  await clock.advance(1_000)
  for (const monitor of monitors.filter(({ enabled }) => enabled)) monitor.seconds = 5
  await clock.advance(299_000)
  assert.equal(delay.read().max.toFixed(3), '5.000')
})

test('one that reads every 30 s misses nothing, beside one that looks every second', async () => {
  const { clock, monitors, delay } = bed()
  const look = async (seconds: number): Promise<number> => {
    let max = 0
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000)
      max = delay.read().max
    }
    return max
  }
  await look(47)
  for (const monitor of monitors.filter(({ enabled }) => enabled)) monitor.seconds = 5
  assert.equal((await look(30)).toFixed(3), '5.000')
})

test('what is long over is forgotten, and no more than two monitors run', async () => {
  const { clock, monitors, delay } = bed()
  for (const monitor of monitors) monitor.seconds = 5
  for (let read = 0; read < 10; read += 1) {
    await clock.advance(31_000)
    delay.read()
  }
  assert.equal(delay.read().max, 0)
  assert.equal(monitors.filter(({ enabled }) => enabled).length, 2)
})

test('a monitor that has seen nothing yet says 0', () => {
  const { monitors, delay } = bed()
  for (const monitor of monitors) monitor.seconds = -0.01
  assert.deepEqual(delay.read(), { p50: 0, p99: 0, max: 0 })
})

test('a halt of the real event loop shows in the metrics', async () => {
  const metrics = new PrometheusMetrics({ version: '0' })
  const longest = async (): Promise<number> => {
    const values = await metrics.values('registry_relay_event_loop_delay_seconds')
    return values?.find(({ labels }) => labels['stat'] === 'max')?.value ?? 0
  }
  await until(async () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150)
    return (await longest()) > 0.1
  })
})
