import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaOptions } from '../../../src/app/settings.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { KafkaSasl } from '../../../src/kafka/connection.ts'
import { presentOf } from '../../../src/present.ts'

const fixtures = { 'kafka-ca.crt': 'authority.crt', 'login-ca.crt': 'authority.crt' }
const pair = { 'relay.crt': 'client.crt', 'relay.key': 'client.key' }

test('every way to connect that the example configuration shows in comments is one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-example-kafka-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, fixture] of Object.entries({ ...fixtures, ...pair })) {
    copyFileSync(new URL(`../../fixtures/kafka-tls/${fixture}`, import.meta.url), join(folder, name))
  }
  writeFileSync(join(folder, 'secret'), 's3cr3t\n')
  const example = readFileSync('examples/registry-relay.yaml', 'utf8')
  const block = example.slice(example.indexOf('\nkafka:'), example.indexOf('\ntopics:'))
  const uncommented = block.replace(/^ {2}# (( {2})?\w+:(?: |$))/gm, '  $1')
  // A key with what is indented below it.
  const ways = [...uncommented.matchAll(/^ {2}(?:tls|sasl):.*\n(?: {4}.*\n)*/gm)].map(([way]) => way)
  const connections = ways.map((way) => {
    const file = join(folder, 'relay.yaml')
    const local = way.replaceAll(/\/run\/secrets\/[\w-]+/g, 'secret')
    writeFileSync(file, `kafka:\n  brokers: "h:1"\n${local}schemaRegistry: { url: "http://h/" }\n`)
    return kafkaOptions(loadConfig(file, {}).kafka)
  })
  assert.deepEqual(
    connections.map(({ tls, sasl }) =>
      sasl === undefined
        ? Object.keys(typeof tls === 'function' ? tls() : {})
        : presentOf<KafkaSasl>(sasl).mechanism,
    ),
    [[], ['ca', 'cert', 'key', 'servername'], 'scram-sha-512', 'oauthbearer'],
  )
})
