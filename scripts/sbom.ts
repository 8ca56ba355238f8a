// Writes sbom.cdx.json: every package that runs in production, with its version, checksum and licence, as CycloneDX.
//
//   npm run sbom
//
// The same package-lock.json gives the same bytes. Fails when a package is missing in it, or has a licence that nobody has
// looked at. What the bundle of the command holds counts, though for who installs the package it is no dependency. npm leaves
// out packages that tools for development need too (28 of 90 with npm 11), so it is asked in a folder whose lock file holds
// those of production alone.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimePackages } from './runtime-packages.ts'

const output = 'sbom.cdx.json'

/** Each lets a program under Apache-2.0 hold the package, and asks for no more than its notice. */
const allowed = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])

/** Of packages whose package.json says nothing: the first line of the LICENSE file that they come with. */
const licenceFiles: Readonly<Record<string, { readonly id: string; readonly begins: string }>> = {
  '@kafkajs/confluent-schema-registry': { id: 'MIT', begins: 'MIT License' },
}

interface Manifest {
  devDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string }>>
}

interface Component {
  readonly name: string
  readonly version: string
  readonly hashes?: readonly unknown[]
  licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[]
}

interface Bom {
  serialNumber?: string
  readonly metadata: { timestamp?: string; tools?: unknown; readonly component: { name: string } }
  readonly components: Component[]
}

const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T

const { made, lock } = askNpm()
const bom = normalised(made)
const problems = [...missing(bom), ...unknownLicences(bom)]
if (problems.length > 0) {
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
} else {
  writeFileSync(output, `${JSON.stringify(bom, undefined, 2)}\n`)
  console.log(`${output}: ${bom.components.length} packages, licences ${licencesOf(bom).join(', ')}`)
}

function askNpm(): { readonly made: Bom; readonly lock: Lock } {
  const cwd = mkdtempSync(join(tmpdir(), 'relay-sbom-'))
  const npm = (...parameters: string[]): string =>
    execFileSync('npm', [...parameters, '--package-lock-only'], { cwd, encoding: 'utf8' })
  try {
    const dependencies = runtimePackages()
    const { devDependencies: _tools, ...manifest } = read<Manifest>('package.json')
    writeFileSync(join(cwd, 'package.json'), JSON.stringify({ ...manifest, dependencies }))
    cpSync('package-lock.json', join(cwd, 'package-lock.json'))
    // Takes out of the lock file what none of these leads to; all that it asks for is there.
    npm('install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund')
    return {
      made: JSON.parse(npm('sbom', '--sbom-format', 'cyclonedx')) as Bom,
      lock: read<Lock>(join(cwd, 'package-lock.json')),
    }
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

/** Without what differs from one run, machine and npm to the next; the serial number is made from the content. */
function normalised(found: Bom): Bom {
  delete found.metadata.timestamp
  delete found.metadata.tools
  found.metadata.component.name = 'registry-relay'
  for (const component of found.components) {
    const id = component.licenses === undefined ? licenceByFile(component.name) : undefined
    if (id !== undefined) component.licenses = [{ license: { id } }]
  }
  found.components.sort((a, b) => placeOf(a).localeCompare(placeOf(b), 'en'))
  delete found.serialNumber
  const hex = createHash('sha256').update(JSON.stringify(found)).digest('hex')
  found.serialNumber = `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  return found
}

function licenceByFile(name: string): string | undefined {
  const known = licenceFiles[name]
  if (known === undefined) return undefined
  return readFileSync(join('node_modules', name, 'LICENSE'), 'utf8').startsWith(known.begins)
    ? known.id
    : undefined
}

function placeOf({ name, version }: Component): string {
  return `${name}@${version}`
}

function missing({ components }: Bom): string[] {
  const places = new Map(components.map((component) => [placeOf(component), component]))
  return Object.entries(lock.packages).flatMap(([path, { version }]) => {
    if (path === '') return []
    const place = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`
    const component = places.get(place)
    if (component === undefined) return `${place} is in package-lock.json and not in the bill of materials`
    return (component.hashes ?? []).length === 0 ? `${place} has no checksum` : []
  })
}

function licencesOf({ components }: Bom): string[] {
  return [...new Set(components.flatMap((component) => idsOf(component)))].sort()
}

function idsOf({ licenses = [] }: Component): string[] {
  return licenses.map(({ license, expression }) => license?.id ?? expression ?? 'unnamed')
}

function unknownLicences({ components }: Bom): string[] {
  return components.flatMap((component) => {
    const ids = idsOf(component)
    if (ids.length > 0 && ids.every((id) => allowed.has(id))) return []
    return `${placeOf(component)} has the licence ${ids.join(', ') || '(none)'}: look at it, then add it to scripts/sbom.ts`
  })
}
