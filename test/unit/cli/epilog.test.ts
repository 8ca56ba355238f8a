import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import { addConfigCommand } from '../../../src/cli/config-command.ts'
import { addDlqCommand } from '../../../src/cli/dlq-command.ts'
import { addDoctorCommand } from '../../../src/cli/doctor-command.ts'
import { epilog } from '../../../src/cli/epilog.ts'
import { addLoadgenCommand } from '../../../src/cli/loadgen-command.ts'
import { addReplayCommand } from '../../../src/cli/replay-command.ts'
import { addSchemaCommand } from '../../../src/cli/schema-command.ts'
import { addTailCommand } from '../../../src/cli/tail-command.ts'
import { addTopicsCommand } from '../../../src/cli/topics-command.ts'

test('paragraphs are wrapped at the width of the options, and commands stay on their lines', () => {
  const words = 'word '.repeat(30).trim()
  const command = `  relay ${'x'.repeat(100)}`
  assert.deepEqual(epilog(`\n${words}\n${words}\n\nExamples:\n${command}`).split('\n'), [
    '',
    'word '.repeat(16).trim(),
    'word '.repeat(16).trim(),
    'word '.repeat(16).trim(),
    'word '.repeat(12).trim(),
    '',
    'Examples:',
    command,
  ])
})

test('a word that is longer than a line has one of its own', () => {
  assert.equal(epilog(`a ${'b'.repeat(90)} c`), `a\n${'b'.repeat(90)}\nc`)
})

const added = [
  addConfigCommand,
  addDlqCommand,
  addDoctorCommand,
  addLoadgenCommand,
  addReplayCommand,
  addSchemaCommand,
  addTailCommand,
  addTopicsCommand,
]

test('no paragraph of a help is wider than eighty columns', () => {
  const program = new Command('registry-relay')
  for (const add of added) add(program, () => {})
  const commands = [...allOf(program)]
  assert.ok(commands.length >= 14)
  for (const command of commands) {
    const wide = helpOf(command)
      .split('\n')
      .filter((line) => line.length > 80 && !line.startsWith(' '))
    assert.deepEqual(wide, [], command.name())
  }
})

function* allOf(command: Command): Generator<Command> {
  yield command
  for (const child of command.commands) yield* allOf(child)
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (more) => (text += more), getOutHelpWidth: () => 80 })
  command.outputHelp()
  return text
}
