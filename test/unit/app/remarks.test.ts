import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Remarks } from '../../../src/app/remarks.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

test('what was hardly meant so is a warning, the rest is information, and what was said is not said again', () => {
  const { logger, lines } = new CountedTelemetry()
  const remarks = new Remarks(logger)
  remarks.log({ remarks: ['unknown key'], notes: ['left out'] })
  remarks.log({ remarks: ['unknown key', 'another'], notes: [] })
  remarks.log({ remarks: [], notes: ['left out'] })
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [
      ['warn', 'unknown key'],
      ['info', 'left out'],
      ['warn', 'another'],
      ['info', 'left out'],
    ],
  )
})
