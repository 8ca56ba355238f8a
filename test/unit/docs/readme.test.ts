import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const readme = readFileSync('README.md', 'utf8')

/** Names behind `Commands:` of what `--help` prints. */
function commandsOf(...path: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...path, '--help'], {
    encoding: 'utf8',
  })
  const [, list = ''] = stdout.split(/^Commands:$/m)
  return [...list.matchAll(/^ {2}([a-z]\w*)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help')
}

test('the table of commands has each of them, and none that is not there', () => {
  const [, section = ''] = readme.split(/^## Commands$/m)
  const [table = ''] = section.split(/^The configuration/m)
  const named = [...table.matchAll(/^\| (`.*?`) \| /gm)].flatMap(([, cell = '']) =>
    cell.replaceAll('`', '').split(', '),
  )
  const groups = new Set(named.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0] ?? ''))
  const all = commandsOf().flatMap((name) =>
    groups.has(name) ? commandsOf(name).map((inner) => `${name} ${inner}`) : [name],
  )
  assert.ok(all.length > 10)
  assert.deepEqual(named.filter((name) => name !== 'registry-relay …').toSorted(), all.toSorted())
})

test('each command of the five steps is one', () => {
  const steps = [...readme.matchAll(/^npx registry-relay ([a-z ]+?) +(?:#|--set )/gm)].map(
    ([, words = '']) => words,
  )
  assert.deepEqual(steps, ['doctor', 'topics apply', 'schema register', 'serve', 'bridge'])
  const [, section = ''] = readme.split(/^## Commands$/m)
  for (const step of steps) assert.ok(section.includes(`\`${step}\``), step)
})
