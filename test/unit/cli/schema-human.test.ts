import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkText, registerText, showText } from '../../../src/cli/schema-human.ts'
import { prettySchema, showJson } from '../../../src/cli/schema-json.ts'
import type { SubjectCheck } from '../../../src/operations/check-schema.ts'

const schema = { name: 'a.Event', fingerprint: 'f00d' }
const url = 'http://registry:8081'
const change = { at: 'size', kind: 'retyped' as const, text: 'size: type was long, is string' }
const incompatible: SubjectCheck = {
  subject: 'events-value',
  topics: ['events'],
  state: 'incompatible',
  latest: { version: 2, id: 7 },
  level: 'FULL_TRANSITIVE',
  changes: [change],
  reasons: ['long cannot be read as string'],
  lint: [{ at: 'size', rule: 'only-appended', message: 'was long, is string' }],
}

test('a check says once what holds for several subjects, and what to do in its last line', () => {
  const text = checkText(schema, url, [
    incompatible,
    { ...incompatible, subject: 'pulls-value' },
    {
      subject: 'new-value',
      topics: ['new'],
      state: 'compatible',
      level: undefined,
      changes: [],
      reasons: [],
      lint: [],
    },
  ])
  assert.equal(
    text,
    `schema       a.Event
fingerprint  f00d
registry     http://registry:8081

SUBJECT       STATE         VERSION  ID  LATEST     LEVEL
events-value  INCOMPATIBLE  -        -   version 2  FULL_TRANSITIVE
pulls-value   INCOMPATIBLE  -        -   version 2  FULL_TRANSITIVE
new-value     compatible    -        -   none       unknown

events-value, pulls-value
  differs from version 2, the latest
    size: type was long, is string
  would be refused, because
    long cannot be read as string
  breaks house rules, which no registry asks for and readers need
    size was long, is string

2 subjects would refuse it; 1 subject would take it; it breaks house rules, of which no registry knows.`,
  )
})

test('a schema that is registered everywhere needs one line, one that is missing the command that registers it', () => {
  const last = (state: SubjectCheck['state']): string | undefined =>
    checkText(schema, url, [{ ...incompatible, state, changes: [], reasons: [], lint: [] }])
      .split('\n')
      .at(-1)
  assert.equal(last('registered'), 'Registered under every subject.')
  assert.equal(last('compatible'), '1 subject would take it: `registry-relay schema register`.')
})

test('of a changed documentation only the beginning is shown', () => {
  const text = `size: doc was ${'x'.repeat(1_000)}, is none`
  const lines = checkText(schema, url, [{ ...incompatible, changes: [{ ...change, text }] }]).split('\n')
  const shown = lines.find((line) => line.includes('doc was')) ?? ''
  assert.ok(shown.length < 180 && shown.endsWith(' ...'), shown)
})

test('a registration is a line per subject, and below why one refused it', () => {
  const { subject, topics, changes, reasons } = incompatible
  assert.equal(
    registerText(schema, url, [
      {
        subject: 'pulls-value',
        topics: ['pulls'],
        outcome: 'registered',
        registered: { version: 1, id: 3 },
        level: 'FULL',
        changes: [],
        reasons: [],
        lint: [],
      },
      { subject, topics, outcome: 'refused', level: 'BACKWARD', changes, reasons, lint: [] },
    ]),
    `schema       a.Event
fingerprint  f00d
registry     http://registry:8081

registered  pulls-value   level FULL      version 1  id 3
REFUSED     events-value  level BACKWARD

events-value
  refused, because
    long cannot be read as string
  differs from the latest version
    size: type was long, is string`,
  )
})

test('a schema that was not registered for the house rules says which, and how to register it all the same', () => {
  const { subject, topics, changes, lint } = incompatible
  const text = registerText(schema, url, [
    { subject, topics, outcome: 'refused', level: 'BACKWARD', changes, reasons: [], lint },
  ])
  assert.equal(
    text.slice(text.indexOf('REFUSED')),
    `REFUSED  events-value  level BACKWARD

events-value
  breaks house rules, which no registry asks for and readers need
    size was long, is string
  differs from the latest version
    size: type was long, is string

Where it breaks house rules nothing was registered; \`--no-lint\` registers it all the same.`,
  )
})

const shown = {
  subject: 'events-value',
  version: 1,
  versions: [1, 2],
  level: 'BACKWARD',
  id: 7,
  text: '{"type":"string"}',
  fingerprint: 'f00d',
  ours: 'no' as const,
}

test('what the registry has is shown with its place, and a schema that several subjects share once', () => {
  assert.equal(
    showText([shown, { ...shown, subject: 'pulls-value', version: 2 }]),
    `subject       events-value
version       1; the latest is 2
id            7
level         BACKWARD
fingerprint   f00d
written here  no, this relay writes another schema

{
  "type": "string"
}

subject       pulls-value
version       2, the latest
id            7
level         BACKWARD
fingerprint   f00d
written here  no, this relay writes another schema`,
  )
})

test('for programs a schema is JSON inside JSON, and text where it is none', () => {
  const parsed = JSON.parse(showJson([shown, { ...shown, text: 'syntax' }]))
  assert.deepEqual(parsed[0].schema, { type: 'string' })
  assert.equal(parsed[1].schema, 'syntax')
  assert.equal(prettySchema('syntax'), 'syntax')
})

test('what the schema registry answers cannot move the cursor or look like a line of ours', () => {
  const evil = { ...incompatible, reasons: ['no\u001b[2J\nRegistered'], lint: [] }
  assert.match(checkText(schema, url, [evil]), /\n {4}no\\x1b\[2J\\x0aRegistered\n/)
  const text = showText([{ ...shown, level: 'B\u0007', text: '{"doc":"\u202e"}' }])
  assert.match(text, /level +B\\x07\n/)
  assert.match(text, /\n\{\n {2}"doc": "\\u\{202e\}"\n\}$/)
})
