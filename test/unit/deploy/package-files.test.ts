import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongFiles } from '../../../scripts/package-files.ts'

test('what is missing and what has no place is named, and nothing else', () => {
  const problems = wrongFiles([
    'package.json',
    'dist/event/event.js',
    'dist/cli/chunk-A1.js',
    'test/x.ts',
    '.env',
  ])
  assert.ok(problems.includes('LICENSE is missing'))
  assert.ok(!problems.includes('package.json is missing'))
  assert.deepEqual(
    problems.filter((problem) => problem.endsWith('has no place in the package')),
    ['test/x.ts has no place in the package', '.env has no place in the package'],
  )
})
