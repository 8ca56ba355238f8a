import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadLinks, wrongFiles } from '../../../scripts/package-files.ts'

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

test('a link of a page that leads to nothing in the package is named, one to sources and tests aside', () => {
  const pages: Readonly<Record<string, string>> = {
    'README.md': '[a](docs/a.md#b) [c](https://h/c.md) [d](docker-compose.yml) [docs](docs/) [here](#here)',
    'docs/a.md': '[up](../README.md) [test](../test/a.test.ts) [gone](b.md#c)',
  }
  assert.deepEqual(
    deadLinks([...Object.keys(pages), 'dist/index.js'], (path) => pages[path] ?? ''),
    [
      'README.md leads to docker-compose.yml, which is not packed',
      'docs/a.md leads to b.md, which is not packed',
    ],
  )
})
