import assert from 'node:assert/strict'
import { test } from 'node:test'

interface Format {
  count(n: number): string
  rate(perSecond: number): string
  bytes(n: number): string
  percent(share: number): string
  duration(seconds: number): string
  ago(from: string, to: string): string
}

// A script of the browser, which has no types.
const script = new URL('../../../../src/observability/status-page/format.js', import.meta.url).href
const { count, rate, bytes, percent, duration, ago } = (await import(script)) as Format

test('counts have separators', () => {
  assert.deepEqual([0, 999, 48_211].map(count), ['0', '999', '48,211'])
})

test('a rate that is little is not rounded to nothing', () => {
  assert.deepEqual([0, 0.02, 0.4, 9.87, 41.6, 1_234].map(rate), ['0', '< 0.1', '0.4', '9.9', '42', '1,234'])
})

test('bytes have the unit in which a person reads them', () => {
  assert.deepEqual([0, 1_023, 1_024, 1.5 * 1024 ** 2, 10 * 1024 ** 3, 3 * 1024 ** 5].map(bytes), [
    '0 B',
    '1,023 B',
    '1 KiB',
    '1.5 MiB',
    '10 GiB',
    '3,072 TiB',
  ])
})

test('a share above nothing is not shown as nothing', () => {
  assert.deepEqual([0, 0.0001, 0.006, 0.66, 1].map(percent), ['0 %', '< 0.1 %', '0.6 %', '66 %', '100 %'])
})

test('durations have their two greatest units', () => {
  assert.deepEqual([0, 0.12, 4.25, 9.96, 59.6, 60, 200, 7_200, 12_840, 86_400, 266_400].map(duration), [
    '0 ms',
    '120 ms',
    '4.3 s',
    '10 s',
    '1 min',
    '1 min',
    '3 min 20 s',
    '2 h',
    '3 h 34 min',
    '1 d',
    '3 d 2 h',
  ])
})

test('moments are told by their distance', () => {
  const at = (seconds: number): string => new Date(1_700_000_000_000 + seconds * 1_000).toISOString()
  assert.equal(ago(at(0), at(0.5)), 'just now')
  assert.equal(ago(at(0), at(75)), '1 min 15 s ago')
})
