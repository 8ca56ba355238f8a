import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configRemarks } from '../../../src/config/advice.ts'
import { configKeys } from '../../../src/config/key-tree.ts'
import { parseAll } from '../../../src/config/parse.ts'
import { readSettings } from '../../../src/config/read-settings.ts'
import { Secret } from '../../../src/config/secret.ts'
import { minimal } from './parsing.ts'

const endpoints = 'bridge: { endpoints: [{ name: a, url: "https://h/" }] }\n'

/** `level place: what is worth knowing`, for files of the given modes. */
function remarks(text: string, modes: Record<string, number> = {}, ...flags: string[]): readonly string[] {
  const readSecret = (path: string): Secret =>
    new Secret('canary', path.startsWith('/') ? path : `/etc/${path}`)
  const settings = readSettings(configKeys(), {}, flags, readSecret)
  const parsed = parseAll(text, {
    fileName: 'relay.yaml',
    environment: { PW: 'canary' },
    readSecret,
    settings,
  })
  assert.deepEqual(parsed.findings, [])
  return configRemarks({ ...parsed, file: 'relay.yaml' }, (path) => modes[path]).map(
    ({ level, place, message }) => `${level} ${place}: ${message}`,
  )
}

const sasl = (password: string): string =>
  `${minimal.replace(' }', `, tls: true, sasl: { mechanism: plain, username: u, password: ${password} } }`)}${endpoints}`

test('of what is common and well nothing is said', () => {
  assert.deepEqual(remarks(`${minimal}${endpoints}`), [])
})

test('a host that can be nothing but this machine is well, however it is written', () => {
  for (const host of ['LocalHost', '127.8.9.10', '"[::1]"', '"::1"']) {
    assert.deepEqual(remarks(`${minimal}${endpoints}gateway: { host: ${host} }\n`), [], host)
  }
})

test('a gateway that everybody reaches and that lets everybody in is a warning; credentials end it', () => {
  const open = `${minimal}${endpoints}gateway:\n  host: 0.0.0.0\n`
  assert.deepEqual(remarks(open), [
    'warning relay.yaml:5:9: "gateway.host": everybody who reaches port 8080 may post: set gateway.credentials',
  ])
  assert.match(
    remarks(`${open}  credentials: [{ bearer: { file: t } }]\n`).join(),
    /^note relay\.yaml:5:9: .*travel in clear/,
  )
  assert.deepEqual(
    remarks(`${open}  credentials: [{ bearer: { file: t } }]\n  tls: { certificateFile: c, keyFile: k }\n`),
    [],
  )
})

test('a secret in the file is named by its key, and is a warning where everybody may read the file', () => {
  assert.deepEqual(remarks(sasl('canary'), { 'relay.yaml': 0o100640 }), [
    'note relay.yaml: secrets stand in this file: kafka.sasl.password; { file: path } would keep them out of it',
  ])
  assert.match(
    remarks(sasl('canary'), { 'relay.yaml': 0o100644 }).join(),
    /^warning relay\.yaml: .*chmod 640$/,
  )
  assert.deepEqual(remarks(sasl('"${PW}"'), { 'relay.yaml': 0o100644 }), [])
})

test('a file of a secret or a key that every user may read is a warning; where orchestrators put them it is not', () => {
  assert.deepEqual(remarks(sasl('{ file: pw }'), { '/etc/pw': 0o100640 }), [])
  assert.match(remarks(sasl('{ file: pw }'), { '/etc/pw': 0o100644 }).join(), /may read \/etc\/pw: chmod 600/)
  assert.deepEqual(remarks(sasl('{ file: /run/secrets/pw }'), { '/run/secrets/pw': 0o100444 }), [])
  const tls = `${minimal}${endpoints}gateway: { tls: { certificateFile: c, keyFile: /k } }\n`
  assert.match(remarks(tls, { '/k': 0o100644 }).join(), /"gateway\.tls\.keyFile": every user .*\/k/)
})

test('a secret on the command line is a warning', () => {
  assert.deepEqual(remarks(sasl('{ file: pw }'), {}, 'kafka.sasl.password=canary'), [
    'warning --set kafka.sasl.password: everybody who may list processes here sees it: use { file: path }, or a variable',
  ])
})

test('passwords and tokens that travel in clear are warnings, to this machine they are not', () => {
  const plain = sasl('{ file: pw }').replace('tls: true, ', '')
  assert.match(remarks(plain).join(), /^warning .*"kafka\.sasl\.mechanism": without kafka\.tls/)
  assert.match(remarks(plain.replace('plain', 'scram-sha-256')).join(), /^note /)
  const token = (url: string): string =>
    `kafka: { brokers: "h:1" }\nschemaRegistry: { url: "${url}", token: { file: t } }\n${endpoints}`
  assert.match(remarks(token('http://h:8081')).join(), /^warning .*"schemaRegistry\.url".*use https/)
  assert.deepEqual(remarks(token('http://127.0.0.1:8081')), [])
  assert.deepEqual(remarks(token('https://h:8081')), [])
})

test('what the block of a registry has to say is among it, and stands behind the warnings where it is a note', () => {
  const text = `${minimal}notifications: { endpoints: [{ name: b, url: "https://h/", threshold: 5 }] }\nlogging: { level: silent }\n`
  const [first, second] = remarks(text)
  assert.match(first ?? '', /^warning relay\.yaml:4:19: "logging\.level"/)
  assert.match(
    second ?? '',
    /^note relay\.yaml:3:\d+: "notifications\.endpoints\.0\.threshold": has no effect here/,
  )
})

test('a spool where nothing outlives a restart, one copy of each event and a bridge without endpoints are said', () => {
  const said = remarks(`${minimal}spool: { folder: /tmp/spool }\ntopics: { replicationFactor: 1 }\n`)
  assert.match(
    said.join('\n'),
    /^warning relay\.yaml:3:18: "spool\.folder".*"topics\.replicationFactor".*"bridge\.endpoints"/s,
  )
})

test('of a configuration that cannot be used nothing is said: what is wrong comes first', () => {
  const parsed = parseAll('gateway: { host: 0.0.0.0 }\n', {
    fileName: 'relay.yaml',
    environment: {},
    readSecret: () => new Secret('x'),
  })
  assert.deepEqual(
    configRemarks({ ...parsed, file: 'relay.yaml' }, () => undefined),
    [],
  )
})
