import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RejectionLog } from '../../../src/gateway/rejection-log.ts'
import type { Facts, Logger } from '../../../src/telemetry.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('logs a reason at once, then once per interval with the number of lines left out; reasons do not hide each other', async () => {
  const lines: (readonly [string, Facts])[] = []
  const logger: Logger = {
    debug: (facts) => lines.push(['debug', facts]),
    info: (facts) => lines.push(['info', facts]),
    warn: (facts) => lines.push(['warn', facts]),
    error: (facts) => lines.push(['error', facts]),
    child: () => logger,
  }
  const clock = new ManualClock()
  const log = new RejectionLog(logger, clock)

  log.rejected('warn', 'OVER_BUDGET', { status: 503 }, 'full')
  for (let index = 0; index < 7; index++) log.rejected('warn', 'OVER_BUDGET', { status: 503 }, 'full')
  log.rejected('error', 'INTERNAL', { status: 500 }, 'boom')
  await clock.advance(10_000)
  log.rejected('warn', 'OVER_BUDGET', { status: 503 }, 'full')
  await clock.advance(10_000)
  log.rejected('warn', 'OVER_BUDGET', { status: 503 }, 'full')

  assert.deepEqual(lines, [
    ['warn', { code: 'OVER_BUDGET', status: 503 }],
    ['error', { code: 'INTERNAL', status: 500 }],
    ['warn', { code: 'OVER_BUDGET', status: 503, suppressed: 7 }],
    ['warn', { code: 'OVER_BUDGET', status: 503 }],
  ])
})
