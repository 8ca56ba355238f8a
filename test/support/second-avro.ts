import { spawnSync } from 'node:child_process'
import { pythonWithPackages } from './python.ts'

const script = new URL('second-avro.py', import.meta.url).pathname
const schema = new URL('../../schemas/registry-event.v1.avsc', import.meta.url).pathname

/**
 * Runs `second-avro.py` once over all lines: one result for each. The Python is `REGISTRY_RELAY_PYTHON`, which must
 * have fastavro, or else one that is made with what the tests need.
 */
export function secondAvro(mode: 'check' | 'make' | 'read', lines: readonly object[]): unknown[] {
  const python = process.env['REGISTRY_RELAY_PYTHON'] ?? pythonWithPackages()
  const { status, stdout, stderr, error } = spawnSync(python, [script, mode, schema], {
    input: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`${python} ${script} ${mode}: ${stderr} ${error?.message ?? ''}`)
  const results = stdout.split('\n').filter((line) => line !== '')
  if (results.length !== lines.length) throw new Error(`${results.length} results for ${lines.length} lines`)
  return results.map((line) => JSON.parse(line))
}
