import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProgressLine } from '../../../src/cli/progress-line.ts'

function written(isTTY: boolean, columns = 60): { text: () => string; line: ProgressLine } {
  let text = ''
  const line = new ProgressLine({ isTTY, columns, write: (chunk) => (text += chunk) })
  return { text: () => text, line }
}

test('writes over one line of a terminal, with a bar when the whole is known', () => {
  const { text, line } = written(true)
  line.show('server jars', 50, 200)
  assert.equal(text(), '\r\u001b[Kserver jars [#####...............]  25 %')
  line.clear()
  assert.ok(text().endsWith('\r\u001b[K'))
})

test('never breaks the line, however long the text', () => {
  const { text, line } = written(true)
  line.show('x'.repeat(200), 1, 1)
  assert.equal(text().replace('\r\u001b[K', '').length, 59)
})

test('takes a terminal that says it has no columns for one of eighty', () => {
  const { text, line } = written(true, 0)
  line.show('x'.repeat(200), 1, 1)
  assert.equal(text().replace('\r\u001b[K', '').length, 79)
})

test('cuts the bar before the words', () => {
  for (const [columns, expected] of [
    [37, 'posting 15 events [#####.....]  50 %'],
    [32, 'posting 15 events [###..]  50 %'],
    [28, 'posting 15 events  50 %'],
    [20, 'posting 15 events'],
    [11, 'posting 15'],
  ] as const) {
    const { text, line } = written(true, columns)
    line.show('posting 15 events', 1, 2)
    assert.equal(text().replace('\r\u001b[K', ''), expected)
  }
})

test('writes nothing where there is no terminal', () => {
  const { text, line } = written(false)
  line.show('server jars', 1, 2)
  line.clear()
  assert.equal(text(), '')
})

test('what is waited for cannot move the cursor or break the line', () => {
  const { text, line } = written(true)
  line.show('endpoint a\u001b[2J\nb\u202e')
  assert.equal(text(), '\r\u001b[Kendpoint a\\x1b[2J\\x0ab\\u{202e}')
})
