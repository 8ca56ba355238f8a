import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { brokenConfigNames, brokenConfigs, findingsOf } from '../test/support/broken-configs.ts'

/** What is said of the broken configurations: printed, to be read; with `--write` also made what the test expects. */
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })

for (const name of brokenConfigNames()) {
  const text = findingsOf(name)
  console.log(`${name}\n${text.replaceAll(/^/gm, '  ').trimEnd()}\n`)
  if (values.write) writeFileSync(join(brokenConfigs, `${name}.txt`), text)
}
