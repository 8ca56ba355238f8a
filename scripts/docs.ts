// Writes the generated parts of the documentation; with --check it fails instead when they are out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { renewed } from './docs/page.ts'
import { pages } from './docs/pages.ts'

const onlyCheck = process.argv.includes('--check')
const outOfDate: string[] = []

for (const page of pages) {
  const before = existsSync(page.file) ? readFileSync(page.file, 'utf8') : undefined
  const after = renewed(page, before)
  if (before === after) continue
  if (!onlyCheck) writeFileSync(page.file, after)
  outOfDate.push(page.file)
}

if (outOfDate.length > 0) console.log(`${onlyCheck ? 'out of date' : 'written'}: ${outOfDate.join(', ')}`)
if (onlyCheck && outOfDate.length > 0) {
  console.error('run npm run docs')
  process.exit(1)
}
