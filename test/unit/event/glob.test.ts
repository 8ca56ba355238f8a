import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { glob, textGlob } from '../../../src/event/glob.ts'

const cases: readonly (readonly [pattern: string, matching: readonly string[], other: readonly string[]])[] =
  [
    ['team/app', ['team/app'], ['team', 'team/app/x', 'Team/app', 'xteam/app']],
    ['*', ['app', ''], ['team/app']],
    ['team/*', ['team/app', 'team/'], ['team', 'team/app/web', 'steam/app']],
    ['team/*-dev', ['team/app-dev', 'team/-dev'], ['team/app', 'team/a/b-dev']],
    ['*/app', ['team/app'], ['app', 'a/b/app']],
    ['**', ['', 'app', 'a/b/c'], []],
    ['team/**', ['team/app', 'team/app/web'], ['team', 'teams/app']],
    ['team**', ['team', 'teams', 'team/app'], ['ateam']],
    ['**/app', ['app', 'team/app', 'a/b/app'], ['team/myapp', 'app/x']],
    ['team/**/app', ['team/app', 'team/a/app', 'team/a/b/app'], ['team/aapp', 'teamapp', 'app']],
    ['a**/b', ['a/b', 'ax/y/b'], ['ab', 'b']],
    ['a/***/b', ['a/b', 'a/x/b'], ['ab']],
    ['', [''], ['a']],
    ['a.c?[d]+(e)', ['a.c?[d]+(e)'], ['abc?[d]+(e)', 'a.cd']],
  ]
for (const [pattern, matching, other] of cases) {
  test(`the pattern "${pattern}" matches what it says and nothing else`, () => {
    const matches = glob(pattern)
    for (const path of matching) assert.equal(matches(path), true, path)
    for (const path of other) assert.equal(matches(path), false, path)
  })
}

// What the three wildcards mean, as an expression of the language: right by looking at it, but slow for hostile patterns.
function asExpression(pattern: string): RegExp {
  const source = pattern.replace(/(?<=^|\/)\*\*+\/|\*+|[^*]/gs, (part) => {
    if (part === '*') return '[^/]*'
    if (part.startsWith('*')) return part.endsWith('/') ? '(?:.*/)?' : '.*'
    return part.replace(/[^\w/]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 's')
}

const piece = fc.constantFrom('a', 'b', '/', '*', '**', '**/', '.')
const text = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 8 }).map((parts) => parts.join(''))

test('any pattern matches the same paths as the regular expression it stands for', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.array(text, { minLength: 1, maxLength: 20 }),
      (pattern, paths) => {
        const matches = glob(pattern)
        for (const path of paths)
          assert.equal(matches(path), asExpression(pattern).test(path), `${pattern} ${path}`)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a pattern matches itself when it has no asterisk', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (plain, other) => {
      fc.pre(!plain.includes('*'))
      assert.equal(glob(plain)(plain), true)
      assert.equal(glob(plain)(other), plain === other)
    }),
  )
})

test('a hostile pattern needs time in proportion to its length and that of the path', () => {
  // A matcher that goes back needs 10^20 steps and more for this one; this test would then not end.
  const path = 'a'.repeat(255)
  assert.equal(glob(`${'*a'.repeat(60)}b`)(path), false)
  assert.equal(glob(`${'**/*a'.repeat(60)}b`)('a/'.repeat(127)), false)
})

test('in a pattern for texts an asterisk crosses everything', () => {
  const anything = fc
    .array(fc.constantFrom('a', 'b', '/', ' ', '\n', '.'), { maxLength: 8 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc
        .array(fc.constantFrom('a', 'b', '/', ' ', '*', '**', '.'), { maxLength: 6 })
        .map((parts) => parts.join('')),
      fc.array(anything, { minLength: 1, maxLength: 20 }),
      (pattern, texts) => {
        const source = pattern.replace(/\*+|[^*]/gs, (part) =>
          part.startsWith('*') ? '.*' : part.replace(/[^\w ]/g, '\\$&'),
        )
        const matches = textGlob(pattern)
        for (const one of texts) {
          assert.equal(matches(one), new RegExp(`^${source}$`, 's').test(one), `${pattern} ${one}`)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a hostile text needs one look at each part of the pattern', () => {
  // A matcher that goes back needs 10^20 steps and more for this one; this test would then not end.
  assert.equal(textGlob(`${'*a'.repeat(60)}b`)('a'.repeat(255)), false)
  assert.equal(textGlob('*a*b*')('a'.repeat(25_000_000)), false)
})
