import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { isMap, isScalar, parseDocument } from 'yaml'
import { describedConfig } from '../../../scripts/docs/config-schema.ts'
import { minimal, parse } from '../config/parsing.ts'

interface Block {
  /** `file:line` of its first fence. */
  readonly place: string
  readonly language: string
  /** What stands behind the language: the name of the program that the block is for, when it is not the relay. */
  readonly of: string
  readonly text: string
}

const pages = [
  'README.md',
  ...['docs', 'docs/recipes'].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)),
].filter((name) => name.endsWith('.md'))
const blocks = pages.flatMap(blocksOf)
const config = describedConfig().properties ?? {}
const endpoint = config['bridge']?.properties?.['endpoints']?.items?.properties ?? {}

for (const { place, of, text } of blocks.filter(({ language }) => language === 'yaml')) {
  if (of !== '') continue
  test(`the configuration at ${place} can be used`, () => {
    const { contents } = parseDocument(text)
    if (contents === null) return
    assert.ok(isMap(contents), 'it has no keys')
    const keys = contents.items.map(({ key }) => (isScalar(key) ? String(key.value) : ''))
    if (keys.every((key) => Object.hasOwn(config, key))) use(completed(text, keys))
    else if (keys.every((key) => Object.hasOwn(endpoint, key))) use(`${minimal}${asEndpoint(text, keys)}`)
    else assert.fail(`keys that the relay does not have: ${keys.join()}; whose it is goes behind \`\`\`yaml`)
  })
}

for (const { place, text } of blocks.filter(({ language }) => language === 'json')) {
  test(`the JSON at ${place} is some`, () => {
    for (const line of text.trim().startsWith('{\n') ? [text] : text.trim().split('\n')) JSON.parse(line)
  })
}

test('the programs in the docs fit the types of what they import', () => {
  const programs = new Map(
    blocks
      .filter(({ language }) => language === 'ts')
      .map(({ place, text }) => [resolve(`${place.replaceAll(/\W/g, '-')}.ts`), { place, text }] as const),
  )
  assert.ok(programs.size > 0)
  const { config: read } = ts.readConfigFile('tsconfig.json', (name) => readFileSync(name, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent({ ...read, include: [], files: [] }, ts.sys, '.')
  const host = ts.createCompilerHost(options)
  const fromDisk = { read: host.readFile, exists: host.fileExists }
  host.readFile = (name) => programs.get(resolve(name))?.text ?? fromDisk.read.call(host, name)
  host.fileExists = (name) => programs.has(resolve(name)) || fromDisk.exists.call(host, name)
  const program = ts.createProgram([...programs.keys()], { ...options, noUnusedLocals: false }, host)
  const wrong = [...programs].flatMap(([name, { place }]) => {
    const source = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  })
  assert.deepEqual(wrong, [])
})

function blocksOf(file: string): readonly Block[] {
  const page = readFileSync(file, 'utf8')
  return [...page.matchAll(/^( *)```(\w+)(.*)\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: language = '', 3: of = '', 4: text = '' }) => ({
      place: `${file}:${page.slice(0, index).split('\n').length}`,
      language,
      of: of.trim(),
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}

/** With the addresses, which have no default, where the block leaves them out. */
function completed(text: string, keys: readonly string[]): string {
  const missing = minimal.split('\n').filter((line) => !keys.includes(line.split(':')[0] ?? ''))
  return `${missing.join('\n')}\n${text}`
}

function asEndpoint(text: string, keys: readonly string[]): string {
  const first = ['name: some', 'url: https://some.example'].filter(
    (line) => !keys.includes(line.split(':')[0] ?? ''),
  )
  const lines = [...first, ...text.trimEnd().split('\n')].map((line) => `      ${line}`)
  return `bridge:\n  endpoints:\n    -\n${lines.join('\n')}\n`
}

/** Every file that it names holds a secret of every kind. */
function use(text: string): void {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const files = [...text.matchAll(/\bfile: *([^\s,}]+)/g)].map(([, path = '']) => [path, secret])
  parse(text, {}, Object.fromEntries(files))
}
