import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventSchemaOf, registryEventSchema, schemaFingerprint } from '../../../src/avro/event-schema.ts'

const file = readFileSync(new URL('../../../schemas/registry-event.v1.avsc', import.meta.url), 'utf8')

/** One for each version that was ever released: records in spools and topics name them. Never change a line, only add. */
const fingerprints = {
  'registry-event.v1': 'ff76f140c8bc206ec03ad83fcd62f2283772d486d5a12ce7360ccb1055b594a4',
}

test('the fingerprint of the shipped schema is the one that records in topics and spools were written with', () => {
  assert.equal(registryEventSchema.fingerprint, fingerprints['registry-event.v1'])
})

test('the fingerprint is SHA-256 of the JSON without white space, members sorted by the bytes of their names', () => {
  const sorted = '{"Z":[1,{"a":null,"b":"x y"}],"a":true,"é":0,"\ufb01":1,"\ud83d\ude00":2}'
  const shuffled =
    '{ "\ud83d\ude00": 2, "\ufb01": 1, "a":true, "é": 0, "Z": [ 1, { "b": "x y", "a": null } ] }'
  assert.equal(schemaFingerprint(shuffled), createHash('sha256').update(sorted).digest('hex'))
  assert.notEqual(schemaFingerprint('[1,2]'), schemaFingerprint('[2,1]'))
  assert.throws(() => schemaFingerprint('no JSON'), SyntaxError)
})

test('white space and the order of members make no other schema; documentation and attributes do', () => {
  assert.equal(eventSchemaOf(file.replaceAll('\n', '\n\n')).fingerprint, registryEventSchema.fingerprint)
  assert.equal(eventSchemaOf(file.replaceAll('\n', '\n\n')).text, registryEventSchema.text)
  assert.notEqual(schemaFingerprint(file.replace('Bytes.', 'Octets.')), registryEventSchema.fingerprint)
})

test('what is registered is the file without white space, documentation included', () => {
  assert.equal(registryEventSchema.text, JSON.stringify(JSON.parse(file)))
  assert.match(registryEventSchema.text, /"doc":"Who caused it\."/)
  assert.match(registryEventSchema.text, /"logicalType":"timestamp-millis"/)
})
