import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Removes from a folder of compiled modules what none of the entry files leads to, be it as code or as types: what only the
 * command uses is in its bundle, and would else be in the package twice.
 */
export function dropUnreached(folder: string, entries: readonly string[]): void {
  const reached = new Set<string>()
  const waiting = entries.map((entry) => join(folder, entry))
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (reached.has(module)) continue
    reached.add(module)
    for (const file of [`${module}.js`, `${module}.d.ts`]) {
      // A bundle has no types.
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      for (const [, path = ''] of text.matchAll(/(?:from|import) ?\(?["'](\.{1,2}\/[^"']+)["']/g)) {
        waiting.push(join(dirname(module), path.replace(/\.[jt]s$/, '')))
      }
    }
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const module = /^(.*)(?:\.js|\.d\.ts|\.js\.map)$/.exec(path)?.[1]
    if (module !== undefined && !reached.has(module)) rmSync(path)
  }
}
