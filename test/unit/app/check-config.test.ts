import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkConfig } from '../../../src/app/check-config.ts'
import { findingLine } from '../../../src/config/findings.ts'

const registry = 'schemaRegistry:\n  url: http://h/\n'
const kafka = 'kafka:\n  brokers: h:1\n'

/** What is wrong with a file, beside which there are certificates. */
function findings(t: TestContext, text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'relay-check-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['authority.crt', 'client.crt', 'client.key', 'other-authority.crt']) {
    copyFileSync(new URL(`../../fixtures/kafka-tls/${name}`, import.meta.url), join(folder, name))
  }
  writeFileSync(join(folder, 'none.pem'), 'no certificate')
  const file = join(folder, 'relay.yaml')
  writeFileSync(file, text)
  const { findings: found, config } = checkConfig(file, {})
  assert.equal(config === undefined, found.length > 0)
  return found.map((one) => findingLine(one).replaceAll(`${folder}/`, ''))
}

test('files that can be used are no findings', (t) => {
  const tls = 'tls: { caFile: authority.crt, certificateFile: client.crt, keyFile: client.key }'
  const text = `${kafka}  ${tls}\n${registry}  ${tls}\ngateway:\n  tls: { certificateFile: client.crt, keyFile: client.key, clientCaFile: authority.crt }\nbridge:\n  endpoints:\n    - { name: a, url: "https://h/", ${tls} }\n`
  assert.deepEqual(findings(t, text), [])
})

test('each part says at its place which file is missing or cannot be used, all at once', (t) => {
  const text = `${kafka}  tls: { caFile: missing.pem }
${registry}  tls: { caFile: none.pem }
gateway:
  tls: { certificateFile: client.crt, keyFile: none.pem }
bridge:
  endpoints:
    - { name: a, url: "https://h/", tls: { caFile: missing.pem } }
    - { name: b, url: "http://169.254.169.254/" }
notifications:
  endpoints:
    - { name: off, disabled: true }
    - { name: c, url: "http://169.254.169.254/" }
`
  const [first, second, third, fourth, fifth, sixth, ...more] = findings(t, text)
  assert.equal(first, 'relay.yaml:3:18: "kafka.tls.caFile": there is no file missing.pem')
  assert.match(
    second ?? '',
    /^relay\.yaml:6:18: "schemaRegistry\.tls\.caFile": the file holds no certificate/,
  )
  assert.match(third ?? '', /^relay\.yaml:8:8: "gateway\.tls": certificate and key cannot be used/)
  assert.equal(fourth, 'relay.yaml:11:52: "bridge.endpoints.a.tls.caFile": there is no file missing.pem')
  assert.match(
    fifth ?? '',
    /^relay\.yaml:12:23: "bridge\.endpoints\.b\.url": 169\.254\.169\.254 is not allowed/,
  )
  assert.match(
    sixth ?? '',
    /^relay\.yaml:16:23: "bridge\.endpoints\.c\.url": 169\.254\.169\.254 is not allowed/,
  )
  assert.deepEqual(more, [])
})

test('what the rules find comes first: files are looked at when these are kept', (t) => {
  assert.deepEqual(
    findings(t, `${kafka}  tls: { caFile: missing.pem }\n${registry}gateway: { port: -1 }\n`),
    ['relay.yaml:6:18: "gateway.port": must be a port, 0 to 65535'],
  )
})
