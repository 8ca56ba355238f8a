import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedCommands } from '../../../src/cli/named-commands.ts'

const options = { config: 'my relay.yaml', set: ['topics.events=a$&b'] }

test('commands to copy get the options that name the configuration', () => {
  const words = "-c 'my relay.yaml' --set 'topics.events=a$&b'"
  assert.equal(
    namedCommands('3 topics missing: `registry-relay topics apply` creates what is missing.', options),
    `3 topics missing: \`registry-relay topics apply ${words}\` creates what is missing.`,
  )
  assert.equal(
    namedCommands('see registry-relay dlq list, then registry-relay schema register', options),
    `see registry-relay dlq list ${words}, then registry-relay schema register ${words}`,
  )
})

test('without such options, and of what is no command, the text stays as it is', () => {
  for (const text of [
    '`registry-relay topics apply`',
    'registry-relay is a relay',
    'the registry-relay topics',
  ])
    assert.equal(namedCommands(text, {}), text)
  assert.equal(namedCommands('the registry-relay topics', options), 'the registry-relay topics')
})

test('a name of a file with control characters does not move the cursor', () => {
  assert.equal(
    namedCommands('see registry-relay dlq list', { config: 'a\u001b[2J' }),
    "see registry-relay dlq list -c 'a\\x1b[2J'",
  )
})
