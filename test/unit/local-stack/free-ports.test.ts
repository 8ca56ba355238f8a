import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePorts } from '../../../src/local-stack/free-ports.ts'

test('finds as many different ports as were asked for, and every one can be bound', async () => {
  const ports = await freePorts(20)
  assert.equal(new Set(ports).size, 20)
  for (const port of ports) {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    await new Promise((resolve) => server.close(resolve))
  }
})
