import assert from 'node:assert/strict'
import { test } from 'node:test'
import { referenceProblems, references, substitute } from '../../../src/config/substitute.ts'

const filled = (text: string, environment: Record<string, string> = {}): string =>
  substitute(text, environment, () => {})

test('a default may hold anything but a brace, and may be empty', () => {
  assert.equal(filled('${A:http://h:1/?a=b} ${B:} ${C:x}', { C: '' }), 'http://h:1/?a=b  ')
  assert.deepEqual(referenceProblems('${A:http://h:1/} ${B:} ${C}'), [])
})

test('the ways of a shell are refused with ours, and never taken for a default', () => {
  assert.deepEqual(referenceProblems('${A:-canary}'), [
    'a default is written ${A:default}, without the - of a shell',
  ])
  assert.deepEqual(referenceProblems('${A:?canary}'), [
    'write ${A}: a variable that is not set is an error, without the ? of a shell',
  ])
  for (const text of ['${A:-canary}', '${A-canary}', '${A:?canary}', '${A:=canary}', '${A:+canary}']) {
    assert.equal(referenceProblems(text).length, 1, text)
    assert.doesNotMatch(referenceProblems(text).join(), /canary/)
    assert.equal(filled(text, { A: 'x' }), text)
    assert.deepEqual(references(text), [])
  }
})

test('every other ${ that refers to nothing is refused, and $${ stands for it', () => {
  for (const text of ['${my-id}', '${}', '${1}', '${A', 'a${', '${ A }', '${A}${B c}']) {
    assert.equal(referenceProblems(text).length, 1, text)
    const escaped = text.replaceAll('${', () => '$${')
    assert.deepEqual(referenceProblems(escaped), [])
    assert.equal(filled(escaped), text)
  }
})
