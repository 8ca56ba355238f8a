import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileProblem } from '../../../src/config/file-problem.ts'

const problemOf = (read: () => unknown): string => {
  try {
    read()
  } catch (error) {
    return fileProblem(error)
  }
  return ''
}

test('says in words what the system says in codes', () => {
  assert.equal(
    problemOf(() => readFileSync('/nowhere/secret')),
    'there is no file /nowhere/secret',
  )
  assert.equal(
    problemOf(() => readFileSync('/')),
    'the path names a folder',
  )
  assert.equal(
    problemOf(() => readFileSync('package.json/secret')),
    'a part of the path package.json/secret is a file',
  )
  const denied = Object.assign(new Error('x'), { code: 'EACCES', path: '/secret' })
  assert.match(fileProblem(denied), /may not read \/secret/)
  assert.equal(fileProblem(new Error('something else')), 'something else')
})
