import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { ownEnvironment } from '../../support/own-environment.ts'
import { startRelay } from '../../support/relay.ts'

const noCurl = spawnSync('curl', ['--version']).error !== undefined

test('the first notification by hand, as the README has it, is delivered, and tail shows it', {
  skip: noCurl && 'needs curl',
}, async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)
  const [, post = '', tail = ''] =
    /```sh\n(curl [\s\S]*?)\n(npx registry-relay tail [^\n]*)\n```/.exec(readFileSync('README.md', 'utf8')) ??
    []
  const shell = async (command: string): Promise<string> => {
    const env = {
      ...ownEnvironment(),
      REGISTRY_RELAY_KAFKA__BROKERS: stack.brokers.join(),
      REGISTRY_RELAY_SCHEMA_REGISTRY__URL: stack.schemaRegistryUrl,
      REGISTRY_RELAY_TOPICS__EVENTS: relay.config.topics.events,
    }
    return (await promisify(execFile)('sh', ['-c', command], { env })).stdout
  }

  const answer = await shell(post.replace('http://127.0.0.1:8080/notifications', relay.url))
  assert.match(answer, /^HTTP\/1\.1 200 OK/)
  await relay.receivedAtLeast(1)
  const { target } = readEnvelope(relay.received[0]?.body ?? Buffer.of()).events[0]?.event ?? {}
  assert.deepEqual([target?.repository, target?.tag], ['team/app', '1.0'])

  const one = tail.replace('npx registry-relay tail', 'node --import tsx src/cli/main.ts tail --limit 1')
  assert.match(await shell(one), /^\S+Z {2}push +team\/app:1\.0 /)
})
