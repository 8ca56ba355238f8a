// Runs dependency-cruiser over src/ and fails also when it saw fewer modules than there are files: with a TypeScript
// that it does not understand it reports no violation at all.
import { readdirSync } from 'node:fs'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { importRules } from './import-rules.ts'

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const { output } = await cruise(
  ['src'],
  {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
    ruleSet: { forbidden: [...importRules] },
    validate: true,
    outputType: 'json',
  },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
)
const result = JSON.parse(String(output)) as ICruiseResult
const seen = new Set(result.modules.map(({ source }) => source))
const missing = files.map((name) => `src/${name}`).filter((name) => !seen.has(name))

for (const { from, to, rule } of result.summary.violations) console.error(`${rule.name}: ${from} -> ${to}`)
if (missing.length > 0) console.error(`dependency-cruiser did not see: ${missing.join(', ')}`)
if (result.summary.error > 0 || missing.length > 0) process.exit(1)
console.log(`imports: ${files.length} modules, no violation`)
