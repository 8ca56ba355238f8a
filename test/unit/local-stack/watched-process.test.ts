import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WatchedProcess } from '../../../src/local-stack/watched-process.ts'

const variables = { PATH: '/usr/bin:/bin' }

test('becomes the command: its id, its output and its exit status are the command’s own', async () => {
  const heard: string[] = []
  const process = new WatchedProcess({
    command: ['/bin/sh', '-c', 'echo "$$ $1"; echo warning >&2; exit 3', 'sh', 'a "b" $c'],
    variables,
    onOutput: (text) => heard.push(text),
  })
  assert.equal(await process.ended, 'exit status 3')
  process.release()
  assert.equal(process.running, false)
  assert.match(process.log.text(), new RegExp(`^${process.pid} a "b" \\$c$`, 'm'))
  assert.match(heard.join(''), /warning/)
})

test('signals reach the command itself', async () => {
  const process = new WatchedProcess({ command: ['sleep', '1000'], variables })
  process.signal('SIGKILL')
  assert.equal(await process.ended, 'SIGKILL')
  process.signal('SIGKILL')
  process.release()
})

test('a command that is not there ends with a status and a word', async () => {
  const process = new WatchedProcess({ command: ['/nowhere/java'], variables })
  assert.equal(await process.ended, 'exit status 127')
  process.release()
  assert.match(process.log.text(), /\/nowhere\/java/)
})
