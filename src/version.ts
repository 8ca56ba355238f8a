import { readFileSync } from 'node:fs'

/** Version of this package, from its package.json (one folder above `src/` and `dist/` alike). */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}
