import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'
import { isRelayError } from '../../../src/errors.ts'

const servers = ['kafka: { brokers: ["kafka:9092"] }', 'schemaRegistry: { url: "http://registry:8081" }']

/** What is wrong with the file; undefined: nothing. */
function finding(...lines: readonly string[]): string | undefined {
  try {
    parseConfig([...servers, ...lines].join('\n'), {
      ...{ fileName: 'relay.yaml', environment: {} },
      readSecret: () => new Secret(''),
    })
    return undefined
  } catch (error) {
    assert.ok(isRelayError(error, 'CONFIG_INVALID'))
    return error.message
  }
}

test('the gateway and the management server cannot have one port on addresses that meet', () => {
  for (const [gateway, management] of [
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['127.0.0.1', '::'],
    ['10.0.0.1', '0.0.0.0'],
    ['::1', '::'],
    ['localhost', '127.0.0.1'],
    ['relay.internal', '0.0.0.0'],
  ]) {
    assert.equal(
      finding(
        `gateway: { host: "${gateway}", port: 9000 }`,
        `management: { host: "${management}", port: 9000 }`,
      ),
      'relay.yaml:4:${column}: "management.port": is gateway.port too; give it another'.replace(
        '${column}',
        String(`management: { host: "${management}", port: `.length + 1),
      ),
    )
  }
})

test('a default that is met is named at the key that was given', () => {
  assert.equal(
    finding('gateway: { port: 9090 }'),
    'relay.yaml:3:18: "gateway.port": is management.port too; give it another',
  )
  assert.equal(
    finding('gateway: { strict: true }', 'management: { port: 8080 }'),
    'relay.yaml:4:21: "management.port": is gateway.port too; give it another',
  )
})

test('addresses that do not meet, ports that the system chooses, and a bridge alone are well', () => {
  for (const lines of [
    ['gateway: { host: 10.0.0.1, port: 9090 }'],
    ['gateway: { host: "::1", port: 9090 }', 'management: { host: 0.0.0.0 }'],
    ['gateway: { host: a.internal, port: 9090 }', 'management: { host: b.internal }'],
    ['gateway: { port: 0 }', 'management: { port: 0 }'],
    ['management: { port: 8080 }'],
  ])
    assert.equal(finding(...lines), undefined, lines.join())
})
