import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...['docs', 'bench', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.startsWith('api/'))
      .map((name) => join(folder, name)),
  ),
]

/** Without what stands between fences: that is for programs. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const anchors = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const name = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(name) ?? 0
    seen.set(name, count + 1)
    return count === 0 ? name : `${name}-${count}`
  })
  return new Set(anchors)
}

test('every link from one page of this repository to another place in it leads there', () => {
  const broken = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return []
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(file)) return [`${page}: ${target}: no such file`]
      if (anchor === undefined || statSync(file).isDirectory() || anchorsOf(file).has(anchor)) return []
      return [`${page}: ${target}: no such heading`]
    }),
  )
  assert.deepEqual(broken, [])
})

test('every file that the prose names is there', () => {
  const missing = pages.flatMap((page) =>
    [
      ...proseOf(page).matchAll(
        /`([\w./-]+\.(?:ts|avsc|yaml|json|md|py|service)|(?:src|test|docs|scripts|deploy|bench|examples|schemas|monitoring)\/[\w./-]*)`/g,
      ),
    ]
      .map(([, path = '']) => path)
      .filter((path) => path.includes('/') && !/^(?:node_modules|registry-relay|\.)\//.test(path))
      .filter((path) => ![path, join('src', path), join(dirname(page), path)].some((one) => existsSync(one)))
      .map((path) => `${page}: ${path}`),
  )
  assert.deepEqual(missing, [])
})

test('what steps take from the installed package is in it', () => {
  const { files, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    files: readonly string[]
    bin: Readonly<Record<string, string>>
  }
  const named = pages.flatMap((page) => [
    ...readFileSync(page, 'utf8').matchAll(/node_modules\/registry-relay\/(\w[\w./-]+)/g),
  ])
  // These steps go into the folder of the package first.
  const [, systemd = ''] = readFileSync('docs/deployment.md', 'utf8').split(/^## systemd$/m)
  const below = [...systemd.matchAll(/ ((?:deploy|examples)\/[\w./-]+)/g)]
  assert.ok(named.length > 2 && below.length > 2)
  const shipped = (path: string): boolean =>
    files.some((one) => path === one || path.startsWith(`${one}/`)) && existsSync(path)
  assert.deepEqual(
    [...named, ...below]
      .map(([, path = '']) => path)
      .filter((path) => !shipped(path) && !Object.values(bin).includes(path)),
    [],
  )
})

test('every program that the prose names without a folder is there', () => {
  const names = new Set(
    ['src', 'test', 'scripts', 'bench', 'examples'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => basename(path)),
    ),
  )
  const missing = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/`([\w.-]+\.ts)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !names.has(name) && !name.startsWith('-'))
      .map((name) => `${page}: ${name}`),
  )
  assert.deepEqual(missing, [])
})

test('the map of files has every room, and each file in its room', () => {
  const [, section = ''] = proseOf('docs/architecture.md').split(/^## Where things are$/m)
  const [table = ''] = section.split(/^Beside/m)
  const rows = [...table.matchAll(/^\| `([\w/-]+)\/` \|(.*)\|$/gm)]
  const rooms = readdirSync('src').filter((name) => statSync(join('src', name)).isDirectory())
  assert.deepEqual(
    rooms.filter((room) => !rows.some(([, name]) => name === room)),
    [],
  )
  const missing = rows.flatMap(([, room = '', cells = '']) =>
    [...cells.matchAll(/`([\w./-]+(?:\.ts|\/))`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !name.startsWith('-') && !existsSync(join('src', room, name)))
      .map((name) => `${room}: ${name}`),
  )
  assert.deepEqual(missing, [])
})

test('each index names every page of its folder', () => {
  const missing = ['docs', 'docs/recipes'].flatMap((folder) => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8')
    return readdirSync(folder)
      .filter((name) => name.endsWith('.md') && name !== 'README.md' && !index.includes(`](${name})`))
      .map((name) => join(folder, name))
  })
  assert.deepEqual(missing, [])
})
