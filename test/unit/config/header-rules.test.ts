import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerNameProblem, headerValueProblem, isSingleHeader } from '../../../src/config/header-rules.ts'
import { staticHeaders } from '../../../src/http/request-headers.ts'

const isSent = (name: string, value: string): boolean => {
  try {
    staticHeaders({ [name]: value })
    return true
  } catch {
    return false
  }
}

test('a name is refused by the configuration exactly when no request could have it', () => {
  const names = ['X-A', 'a b', 'a:', '', 'ü', "!#$%&'*+-.^_`|~", 'Content-Type', 'host', 'a\n', '1']
  for (const name of names) assert.equal(headerNameProblem(name) === undefined, isSent(name, 'x'), name)
})

test('a value is refused by the configuration exactly when no request could have it, and is never repeated', () => {
  for (let code = 0; code < 0x120; code += 1) {
    const value = `canary${String.fromCharCode(code)}`
    const problem = headerValueProblem(value)
    assert.equal(problem === undefined, isSent('X-A', value), String(code))
    assert.doesNotMatch(problem ?? '', /canary/)
  }
})

test('one line is all that a request has of a host and a user agent', () => {
  for (const name of ['Host', 'User-Agent', 'X-A']) {
    const refused = (): unknown => staticHeaders({ [name]: ['a', 'b'] })
    if (isSingleHeader(name)) assert.throws(refused, /one value only/)
    else assert.doesNotThrow(refused)
  }
})
