import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configRemarks } from '../../../src/config/advice.ts'
import { pathText } from '../../../src/config/config-path.ts'
import { parseAll } from '../../../src/config/parse.ts'
import { placedEndpoints, secretsOf } from '../../../src/config/placed.ts'
import { Secret } from '../../../src/config/secret.ts'
import { minimal } from './parsing.ts'

function parsed(text: string) {
  const read = parseAll(`${minimal}${text}`, {
    fileName: 'relay.yaml',
    environment: { TOKEN: 'canary' },
    readSecret: (path) => new Secret('canary', path),
  })
  assert.deepEqual(read.findings, [])
  return read
}

/** `path text` of each secret. */
function secrets(text: string): readonly string[] {
  const { config, given } = parsed(text)
  assert.ok(config !== undefined)
  const found = secretsOf(config, placedEndpoints(config.bridge.endpoints, given))
  return found.map(([path, secret]) => `${pathText(path)} ${secret.reveal()}`)
}

const endpoint = (headers: string): string =>
  `bridge: { endpoints: [{ name: a, url: "https://h/", headers: ${headers} }] }\n`

const hook = 'bridge.endpoints.0.headers'

test('of a header that has several values each is found, where it stands', () => {
  assert.deepEqual(secrets(endpoint('{ X-Token: [one, two], Accept: [three, four] }')), [
    `${hook}.X-Token.0 one`,
    `${hook}.X-Token.1 two`,
  ])
  assert.deepEqual(secrets(endpoint('{ X-Token: [one] }')), [`${hook}.X-Token.0 one`])
  assert.deepEqual(secrets(endpoint('{ X-Token: one }')), [`${hook}.X-Token one`])
})

test('so are those of the block of a registry', () => {
  const block =
    'notifications: { endpoints: [{ name: b, url: "https://h/", headers: { X-Token: [one, two] } }] }\n'
  assert.deepEqual(secrets(block), [
    'notifications.endpoints.0.headers.X-Token.0 one',
    'notifications.endpoints.0.headers.X-Token.1 two',
  ])
})

test('a later value that everybody may read is a warning, and one from a variable does not stand in the file', () => {
  const remarks = (headers: string): readonly string[] =>
    configRemarks({ ...parsed(endpoint(headers)), file: 'relay.yaml' }, () => 0o100644).map(
      ({ place, message }) => `${place}: ${message}`,
    )
  assert.match(
    remarks('{ X-Token: ["${TOKEN}", { file: /other }] }').join(),
    /^relay\.yaml:3:\d+: "bridge\.endpoints\.0\.headers\.X-Token\.1": every user of this machine may read \/other: [^:]*$/,
  )
  assert.match(
    remarks('{ X-Token: ["${TOKEN}", written] }').join(),
    /^relay\.yaml: secrets stand in this file: bridge\.endpoints\.0\.headers\.X-Token\.1; /,
  )
  assert.deepEqual(remarks('{ X-Token: ["${TOKEN}"] }'), [])
})
