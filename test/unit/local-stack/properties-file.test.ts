import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatProperties } from '../../../src/local-stack/properties-file.ts'

test('writes one line per setting and leaves ordinary values alone', () => {
  assert.equal(
    formatProperties({ 'log.dirs': '/tmp/a b', listeners: 'CLIENT://127.0.0.1:9092' }),
    'log.dirs=/tmp/a b\nlisteners=CLIENT://127.0.0.1:9092\n',
  )
})

test('escapes what would end a key, begin a comment or start a new line', () => {
  assert.equal(formatProperties({ 'a b=c:#!': ' \\x\ny' }), 'a\\ b\\=c\\:\\#\\!=\\ \\\\x\\u000ay\n')
})

test('writes characters outside ASCII as the escapes that Java reads', () => {
  assert.equal(
    formatProperties({ 'log.dirs': '/tmp/größe/😀' }),
    'log.dirs=/tmp/gr\\u00f6\\u00dfe/\\ud83d\\ude00\n',
  )
})

test('a reader that follows the rules of java.util.Properties gets every value back', () => {
  const name = fc.string({ minLength: 1, unit: 'binary' })
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ unit: 'binary' }), { noNullPrototype: true }), (settings) => {
      assert.deepEqual(Object.fromEntries(readProperties(formatProperties(settings))), settings)
    }),
  )
})

/** The rules of java.util.Properties, as far as its documentation states them. */
function readProperties(text: string): [string, string][] {
  return text
    .split(/[\n\r]/)
    .filter((line) => line !== '')
    .map((line) => {
      const end = /^(?:\\.|[^\\=: \t\f])*/.exec(line)?.[0].length ?? 0
      const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
      return [unescaped(line.slice(0, end)), unescaped(value)]
    })
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code: string | undefined, plain: string) =>
    code === undefined ? plain : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
