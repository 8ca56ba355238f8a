import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { parse as parseYaml, stringify } from 'yaml'
import { notificationsSchema } from '../../../scripts/docs/notifications-schema.ts'
import { minimal, parse } from '../config/parsing.ts'

const validate = new Ajv({ strict: false }).compile(notificationsSchema)

/** Every key, in the form that Distribution's and GitLab's pages show. */
const whole = {
  fanouttimeout: '1s',
  events: { includereferences: true },
  endpoints: [
    {
      name: 'scanner',
      disabled: false,
      url: 'https://scanner.example/hook',
      headers: { Authorization: ['Bearer x'] },
      timeout: '500ms',
      threshold: 5,
      maxretries: 3,
      backoff: '1s',
      ignoredmediatypes: ['application/octet-stream'],
      ignore: { mediatypes: ['application/octet-stream'], actions: ['pull'] },
      queuepurgetimeout: '1s',
      queuesizelimit: 100,
    },
  ],
}

test('the schema of the notifications block has every key that is read, and no other', () => {
  const { properties = {} } = notificationsSchema
  const endpoint = properties['endpoints']?.items?.properties ?? {}
  assert.deepEqual(Object.keys(properties).toSorted(), Object.keys(whole).toSorted())
  assert.deepEqual(Object.keys(endpoint).toSorted(), Object.keys(whole.endpoints[0] ?? {}).toSorted())
  const { endpoints, remarks } = parse(`${minimal}${stringify({ notifications: whole })}`).bridge
  assert.deepEqual(
    endpoints.map(({ name }) => name),
    ['scanner'],
  )
  assert.deepEqual(
    remarks.filter((remark) => remark.includes('unknown key')),
    [],
  )
})

test('what registries have in their files is valid, and a list in place of a map is not', () => {
  const registry = parseYaml(readFileSync('examples/distribution-config.yml', 'utf8')) as {
    readonly notifications: unknown
  }
  for (const block of [
    whole,
    registry.notifications,
    { endpoints: [{ name: 5, timeout: 0, disabled: 'yes' }] },
  ]) {
    assert.ok(validate(block), JSON.stringify(validate.errors))
  }
  assert.ok(!validate({ endpoints: { name: 'scanner' } }))
  assert.ok(!validate({ endpoints: [{ headers: { Authorization: 'Bearer x' } }] }))
})
