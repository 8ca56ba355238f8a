import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Path of a Python that has the packages of a file in this folder; by default a second implementation of Avro and a Kafka
 * consumer that are not ours. Made once in the cache folder, from a Python 3 with venv and pip on the PATH; throws
 * with what to install when there is none.
 */
export function pythonWithPackages(list = 'python-requirements.txt'): string {
  const requirements = new URL(list, import.meta.url).pathname
  const pinned = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const cache =
    process.env['REGISTRY_RELAY_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'registry-relay')
  const folder = join(cache, `python-${pinned}`)
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return python

  if (spawnSync('python3', ['-m', 'venv', '--help']).status !== 0) {
    throw new Error(
      'this test needs packages of Python: install python3 with its venv module (Debian: python3-venv)',
    )
  }
  // A virtual environment cannot be moved, but its interpreter finds it by its own place: pip's scripts alone would not,
  // and they are not used. So it is filled aside and renamed, and a half-filled one is never taken for whole.
  execFileSync('mkdir', ['-p', dirname(folder)])
  const aside = mkdtempSync(`${folder}-`)
  try {
    execFileSync('python3', ['-m', 'venv', aside], { stdio: 'pipe' })
    execFileSync(
      join(aside, 'bin', 'python'),
      ['-m', 'pip', 'install', '--quiet', '--requirement', requirements],
      { stdio: 'pipe' },
    )
    if (!existsSync(python)) renameSync(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return python
}
