import assert from 'node:assert/strict'
import { test } from 'node:test'
import { styled } from '../../../src/cli/styled.ts'

const write = (): boolean => true

test('a terminal that shows colours gets them, whatever standard output is', () => {
  assert.equal(styled({ isTTY: true, write }, 'red', 'bad'), '\u001b[31mbad\u001b[39m')
  assert.equal(styled({ isTTY: true, hasColors: () => true, write }, 'red', 'bad'), '\u001b[31mbad\u001b[39m')
})

test('a terminal without colours, and what is no terminal, get the bare text', () => {
  assert.equal(styled({ isTTY: true, hasColors: () => false, write }, 'red', 'bad'), 'bad')
  assert.equal(styled({ write }, 'red', 'bad'), 'bad')
})
