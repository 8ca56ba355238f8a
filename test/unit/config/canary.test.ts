import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingLine } from '../../../src/config/findings.ts'
import { configKeys } from '../../../src/config/key-tree.ts'
import { parseAll } from '../../../src/config/parse.ts'
import { readSettings, variableFor } from '../../../src/config/read-settings.ts'
import { Secret } from '../../../src/config/secret.ts'
import { shownValues } from '../../../src/config/show.ts'

/** Ways to write a password that YAML takes for something else, or for nothing. */
const ways = [
  ...[
    'canary',
    '"canary"',
    '*canary',
    '&canary',
    '&canary x',
    '& canary',
    '!canary',
    '!canary x',
    '!<canary> x',
  ],
  ...['|canary', '>canary', '|9canary', '|\n canary', '%canary', '@canary', '`canary', ',canary', '-canary'],
  ...[
    '{canary',
    '{canary}',
    '{{canary}}',
    '{{ canary }}',
    '[canary',
    '[canary]',
    '[[canary]]',
    '}canary',
    ']canary',
  ],
  ...['"canary', "'canary", '"\\canary"', '"x"canary', "'x'canary", '"x" canary', 'x"canary', '{canary: x}'],
  ...['canary: x', 'x: canary', 'x:canary', '- canary', '? canary', ': canary', '*canary : x', '&x *canary'],
  ...[
    'x #canary',
    '"x"#canary',
    '#canary',
    '${canary',
    '${canary-}',
    '${X:-canary}',
    '${X:?canary}',
    '$${canary',
  ],
  ...[
    '!!int canary',
    '!!binary canary',
    '!!canary x',
    '!canary !canary x',
    '&x &canary x',
    '{ file: *canary }',
  ],
  ...[
    '{ file: { canary } }',
    '{ file: [canary] }',
    '{file:canary}',
    'canary\n canary',
    '\tcanary',
    '<<',
    '?canary',
  ],
]

/** Files that hold a password, or another secret, at the end of a line, in braces and in lists. */
const files: readonly ((secret: string) => string)[] = [
  (secret) => `kafka:\n  sasl:\n    mechanism: plain\n    username: u\n    password: ${secret}\n`,
  (secret) => `kafka:\n  sasl:\n    mechanism: plain\n    password:${secret}\n`,
  (secret) => `kafka: { sasl: { mechanism: plain, username: u, password: ${secret} } }\n`,
  (secret) => `kafka: { sasl: { mechanism: plain, username: u, password:${secret} } }\n`,
  (secret) => `kafka: { sasl: { mechanism: plain, username: u, pasword: ${secret} } }\n`,
  (secret) => `schemaRegistry:\n  token: ${secret}\n  mode: lookup\n`,
  (secret) => `gateway: { credentials: [{ bearer: ${secret} }, { username: u, password: ${secret} }] }\n`,
  (secret) => `gateway: { credentials: [{ beare: ${secret} }, { username: u, pasword: ${secret} }] }\n`,
  (secret) => `kafka: { sasl: { mechanizm: plain, username: u, pasword: ${secret} } }\n`,
  (secret) => `gateway: { redact: { key: ${secret} } }\n`,
  (secret) => `bridge: { endpoints: [{ name: a, headers: { Authorization: ${secret} } }] }\n`,
  (secret) => `bridge: { endpoints: [{ name: a, headers: {Authorization:${secret}} }] }\n`,
  (secret) => `bridge: { endpoints: [{ name: a, signing: { secrets: [${secret}] } }] }\n`,
  (secret) => `bridge: { endpoints: [{ name: a, proxy: { username: u, password: ${secret} } }] }\n`,
  (secret) =>
    `notifications:\n  endpoints:\n    - name: a\n      headers:\n        Authorization: [${secret}]\n`,
  (secret) => `notifications: { endpoints: [{ name: a, headers: {Authorization:${secret}} }] }\n`,
  (secret) => `notifications: { endpoints: [{ name: a, Headers: { Authorization: [${secret}] } }] }\n`,
]

/** Files that hold it where a block belongs. */
const blocks: readonly ((secret: string) => string)[] = [
  (secret) => `kafka:\n  sasl: ${secret}\n`,
  (secret) => `gateway:\n  credentials:\n    - ${secret}\n`,
  (secret) => `bridge: { endpoints: [{ name: a, signing: [${secret}] }] }\n`,
]

/** What is said and shown of a configuration. */
function said(
  text: string | undefined,
  environment: Readonly<Record<string, string>> = {},
  ...flags: readonly string[]
): string {
  const readSecret = (path: string): Secret => new Secret('x', path)
  const settings = readSettings(configKeys(), environment, flags, readSecret)
  const parsed = parseAll(text, { fileName: 'relay.yaml', environment, readSecret, settings })
  const values = shownValues(parsed).map(({ path, value }) => ({ path, value }))
  return `${parsed.findings.map(findingLine).join('\n')}\n${JSON.stringify(values, undefined, 1)}`
}

/** Where keys and values may stand, a key that has a value of its own is a key to everybody. */
const isKey = /(?:^|\{)canary: x/

test('whatever a secret in the file begins with or lacks, no finding and no shown value repeats it', () => {
  for (const file of files) {
    for (const way of ways) assert.doesNotMatch(said(file(way)), /canary/, file(way))
  }
  for (const file of blocks) {
    for (const way of ways.filter((one) => !isKey.test(one))) {
      assert.doesNotMatch(said(file(way)), /canary/, file(way))
    }
  }
})

test('whatever a secret in a variable or a flag begins with or lacks, nothing repeats it', () => {
  for (const way of ways) {
    const whole = isKey.test(way)
      ? []
      : ([
          ['gateway.credentials', `[${way}]`],
          ['gateway.credentials', way],
        ] as const)
    for (const [path, text] of [
      ['kafka.sasl.password', way],
      ['schemaRegistry.token', way],
      ['kafka.sasl', `{mechanism: plain, username: u, password: ${way}}`],
      ['kafka.sasl', `{mechanism: plain, username: u, password:${way}}`],
      ['gateway.credentials', `[{ bearer: ${way} }]`],
      ['schemaRegistry', `{ token: ${way} }`],
      ...whole,
    ] as const) {
      const variable = variableFor(path.split('.'))
      assert.doesNotMatch(said(undefined, { [variable]: text }), /canary/, `${variable}=${text}`)
      assert.doesNotMatch(said(undefined, {}, `${path}=${text}`), /canary/, `--set ${path}=${text}`)
    }
    assert.doesNotMatch(said(undefined, {}, `kafka.sasl.password:${way}=`), /canary/, way)
  }
})
