import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../../../../src/config/schema.ts'
import type { Seen } from '../../../../src/operations/doctor/check.ts'
import type { MachinePort } from '../../../../src/operations/doctor/machine.ts'
import { processChecks } from '../../../../src/operations/doctor/process-checks.ts'
import { machine } from './machine-double.ts'

const config = configSchema.parse({
  kafka: { brokers: ['k:9092'] },
  schemaRegistry: { url: 'http://r' },
  gateway: { limits: { maxConnections: 1_000 } },
  bridge: { endpoints: [{ name: 'audit', url: 'http://a', concurrency: 100 }] },
})

async function see(more: Partial<MachinePort>): Promise<readonly (Seen | undefined)[]> {
  const checks = processChecks(config, machine(more))
  return (await Promise.all(checks.map(({ run }) => run()))).map(([seen]) => seen)
}

test('a Node.js that is too old is an error with the version to install', async () => {
  for (const nodeVersion of ['v20.18.3', 'v18.20.0']) {
    const [node] = await see({ nodeVersion })
    assert.equal(node?.state, 'error')
    assert.match(String(node?.todo), /20\.19 or later/)
  }
  assert.equal((await see({ nodeVersion: 'v22.0.0' }))[0]?.state, 'ok')
})

test('the limit of open files is held against the connections that are configured', async () => {
  const [, few] = await see({ openFilesLimit: async () => 1_024 })
  assert.equal(few?.state, 'warning')
  assert.match(
    String(few?.text),
    /up to 1456 can be needed: 1000 connections of registries .*, 200 to endpoints/,
  )
  assert.equal((await see({ openFilesLimit: async () => 1_456 }))[1]?.state, 'ok')
  assert.equal((await see({ openFilesLimit: async () => undefined }))[1]?.state, 'note')
})
