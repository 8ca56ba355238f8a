// What a user would install, checked: what is in the packed tarball and how large it is, then publint and attw on it.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { deadLinks, wrongFiles } from './package-files.ts'

interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** What it has now and a quarter more: who goes over it has put something in, and should know. */
const budget = { size: 2_350_000, unpackedSize: 8_500_000 }

const run = (command: string, ...parameters: string[]): string =>
  execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const [packed] = JSON.parse(run('npm', 'pack', '--json', '--silent')) as [Packed]
try {
  const paths = packed.files.map(({ path }) => path)
  const problems = [...wrongFiles(paths), ...deadLinks(paths, (path) => readFileSync(path, 'utf8'))]
  for (const key of ['size', 'unpackedSize'] as const) {
    if (packed[key] > budget[key]) problems.push(`${key} is ${packed[key]}, and ${budget[key]} is the budget`)
  }
  if (problems.length > 0) throw new Error(`the package is not as it should be:\n${problems.join('\n')}`)
  console.log(`${packed.files.length} files, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked`)
  console.log(run('npx', 'publint', packed.filename, '--strict'))
  console.log(run('npx', 'attw', packed.filename, '--profile', 'esm-only'))
} finally {
  rmSync(packed.filename)
}
