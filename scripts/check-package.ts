// What a user would install, checked: publint and attw on the packed tarball.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'

const run = (command: string, ...parameters: string[]): string =>
  execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const [{ filename }] = JSON.parse(run('npm', 'pack', '--json', '--silent')) as [{ filename: string }]
try {
  console.log(run('npx', 'publint', filename, '--strict'))
  console.log(run('npx', 'attw', filename, '--profile', 'esm-only'))
} finally {
  rmSync(filename)
}
