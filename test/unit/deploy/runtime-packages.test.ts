import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runtimePackages } from '../../../scripts/runtime-packages.ts'

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Readonly<Record<string, string>>
  devDependencies: Readonly<Record<string, string>>
}

test('packages that run are all dependencies, and what the bundle of the command holds beside them', () => {
  const { fastify, pino, ...others } = runtimePackages()
  assert.deepEqual([fastify, pino], [devDependencies['fastify'], devDependencies['pino']])
  for (const [name, version] of Object.entries(dependencies)) assert.equal(others[name], version, name)
  for (const tool of ['tsx', 'esbuild', '@types/node', 'snappy']) assert.equal(others[tool], undefined, tool)
})
