import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/**
 * Packages that the sources import, with the versions that package.json asks for. Those that only the command needs are in its
 * bundle: for who installs this package they are no dependencies, and yet their code runs.
 */
export function runtimePackages(): Readonly<Record<string, string>> {
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as Manifest
  const imported = new Set(
    readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join('src', name), 'utf8').matchAll(
          /(?:^(?:import|export|\}).* from |\bimport\()'((?:@[\w.-]+\/)?[\w.-]+)/gm,
        ),
      ])
      .map(([, name = '']) => name),
  )
  return Object.fromEntries(
    Object.entries({ ...devDependencies, ...dependencies })
      .filter(([name]) => imported.has(name) && !(name in peerDependencies))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
