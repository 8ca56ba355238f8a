import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import {
  addConfigOptions,
  type ConfigOptions,
  configSource,
  configWords,
} from '../../../src/cli/config-options.ts'

function parsed(...words: readonly string[]): ConfigOptions {
  return addConfigOptions(new Command()).parse(words, { from: 'user' }).opts()
}

test('the file is named once, and settings come in their order', () => {
  const options = parsed('--set', 'a.b=1', '-c', 'relay.yaml', '--set', 'a.b=2')
  assert.deepEqual(configSource(options), { file: 'relay.yaml', settings: ['a.b=1', 'a.b=2'] })
  assert.deepEqual(configSource(parsed()), { file: undefined, settings: [] })
})

test('a command line that is to be run again has the same options', () => {
  const quoted = (word: string): string => `<${word}>`
  assert.equal(
    configWords(parsed('-c', 'my relay.yaml', '--set', 'gateway.port=1'), quoted),
    ' <-c> <my relay.yaml> <--set> <gateway.port=1>',
  )
  assert.equal(configWords(parsed(), quoted), '')
})

test('a command line that is to be run again holds no secret', () => {
  for (const setting of [
    'kafka.sasl.password=canary',
    'schemaRegistry.token=canary',
    'kafka.sasl={password: canary}',
    'schemaRegistry.url=http://u:canary@h/',
  ]) {
    const [path = ''] = setting.split('=', 1)
    assert.equal(
      configWords({ set: [setting] }, (word) => word),
      ` --set ${path}=<the same value>`,
    )
  }
})

test('a setting that is no path=value is a wrong option, and is not repeated: it may be a secret', () => {
  for (const text of ['canary', '=canary', ' =canary']) {
    let written = ''
    const command = addConfigOptions(new Command()).exitOverride()
    command.configureOutput({
      writeErr: (line) => {
        written += line
      },
    })
    assert.throws(() => command.parse(['--set', text], { from: 'user' }), {
      name: 'CommanderError',
      exitCode: 1,
    })
    assert.equal(written, 'error: --set must be path=value, as kafka.brokers=host:9092\n')
  }
  assert.deepEqual(parsed('--set', 'kafka.brokers=').set, ['kafka.brokers='])
})
