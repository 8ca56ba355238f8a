// Puts what `dist/cli/main.js` needs into few files. A command starts in half the time then: most of a start is looking for,
// reading and compiling several hundred modules one by one.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'

/**
 * Never bundled. The registry's package is loaded only where a schema is registered, and outside of node_modules Node.js would
 * warn of what it uses. snappy and lz4-napi are optional. The rest is what fastify would load for schemas of routes, and for
 * requests without a socket, of which the management server has none: a fifth of the code that `serve` would read.
 */
const external = [
  '@kafkajs/confluent-schema-registry',
  'snappy',
  'lz4-napi',
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request',
]

const folder = 'dist/cli'

/** Replaces `dist/cli` by its bundle, and writes the licences of what is in it beside it. */
export async function bundleCommand(): Promise<void> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'main.js')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    // Names stay as they are: they stand in stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    banner: {
      js: 'import{createRequire as $require}from"node:module";const require=$require(import.meta.url);',
    },
    plugins: [ownPlaces],
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  const bundled = packagesOf(Object.keys(metafile.inputs))
  checkOneKafkajs(outputFiles.map(({ text }) => text))
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
  for (const { path, contents } of outputFiles) writeFileSync(join(folder, basename(path)), contents)
  writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licencesOf(bundled))
}

/**
 * Files of this package are found from the place of the module that reads them, which is another one in the bundle. And what
 * is asked of kafkajs by a `require` made for the purpose becomes one that the bundler sees.
 */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\/dist\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
        .replaceAll('const require = createRequire(import.meta.url);', '')
        .replaceAll(/createRequire\(import\.meta\.url\)\((?=\s*'kafkajs\/)/g, 'require(')
      const place = `new URL(${JSON.stringify(relative(folder, path))}, import.meta.url).href`
      return { contents: text.replaceAll('import.meta.url', place), loader: 'js' }
    })
  },
}

/**
 * The inside of kafkajs is patched (src/kafka/kafkajs/patches.ts). A second copy, found at run time in node_modules, would get
 * the patches and the bundled one would run without: events would be lost, and no test of the library would see it.
 */
function checkOneKafkajs(texts: readonly string[]): void {
  const second = texts.map((text) => /["'`]kafkajs(?:\/[^"'`]*)?["'`]\)/.exec(text)?.[0]).find(Boolean)
  if (second !== undefined) throw new Error(`the bundle loads a second kafkajs: ${second}`)
  if (!texts.some((text) => text.includes('kafkajs/src/network/requestQueue/index.js'))) {
    throw new Error('kafkajs is not in the bundle')
  }
}

/** Folders of the packages that these modules come from, in the order of their names. */
function packagesOf(modules: readonly string[]): string[] {
  const folders = modules.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  return [...new Set(folders)].sort()
}

function licencesOf(folders: readonly string[]): string {
  const parts = folders.map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
      name: string
      version: string
      license?: string
    }
    const file = readdirSync(path).find((one) => /^licen[cs]e(\.|$)/i.test(one))
    const text = file === undefined ? '' : `\n${readFileSync(join(path, file), 'utf8').trim()}\n`
    return `${name} ${version} (${license ?? 'see below'})\n${text}`
  })
  return `The files in cli/ hold code of these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
