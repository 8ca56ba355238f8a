import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presentOf } from '../../src/present.ts'

interface Password {
  readonly password: string
}

test('what changes is asked for each time, what does not is taken as it is', () => {
  let password = 'one'
  const changing = (): Password => ({ password })
  assert.deepEqual(presentOf<Password>(changing), { password: 'one' })
  password = 'two'
  assert.deepEqual(presentOf<Password>(changing), { password: 'two' })
  const fixed = { password: 'three' }
  assert.equal(presentOf<Password>(fixed), fixed)
})

test('where there is none by now, there is none', () => {
  assert.equal(presentOf<Password | undefined>(undefined), undefined)
  assert.equal(
    presentOf<Password | undefined>(() => undefined),
    undefined,
  )
})
