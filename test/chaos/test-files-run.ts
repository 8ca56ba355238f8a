import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TableRow } from './report.ts'

/** Faults of the catalogue that tests of the ordinary run hold, as they need no load and no cluster. */
export interface TestFiles {
  /** Those of the catalogue. */
  readonly names: readonly string[]
  readonly title: string
  readonly files: readonly string[]
}

export interface TestFilesReport {
  readonly scenario: string
  readonly mode: 'tests'
  readonly passed: boolean
  /** Tests, of all levels; a run of none proves nothing. */
  readonly tests: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

const kafka = 'test/integration/kafka'
const avro = 'test/integration/avro'

/** Every file of the schema registry is in one of these. */
export function testFiles(): readonly TestFiles[] {
  const ids = ['unknown-ids.test.ts', 'registry-outages.test.ts']
  const refused = ['schema-registry.test.ts']
  const others = filesOf(avro, (name) => ![...ids, ...refused].includes(name))
  return [
    {
      names: ['K13'],
      title: 'credentials, certificates and rights that are wrong, expire, or are changed',
      files: filesOf(kafka, (name) => name.startsWith('security')),
    },
    {
      names: ['S5', 'S6'],
      title: 'ids that mean another schema, or none, to readers; outages of the registry without load',
      files: ids.map((name) => join(avro, name)),
    },
    {
      names: ['S7'],
      title: 'a registry that refuses the schema',
      files: refused.map((name) => join(avro, name)),
    },
    { names: ['S8'], title: 'several versions of the schema in one topic', files: others },
  ]
}

/** Runs them as `npm test` does, in a process of its own; `onText` gets what it says. */
export async function testFilesRun(
  { names, files }: TestFiles,
  onText: (text: string) => void,
): Promise<TestFilesReport> {
  const began = performance.now()
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/test.ts', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    onText(part)
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })
  const [tests, failed, skipped] = ['tests', 'fail', 'skipped'].map((what) => countIn(text, what))
  return {
    ...{ scenario: names.join('-'), mode: 'tests', passed: code === 0 && (tests ?? 0) > (skipped ?? 0) },
    ...{ tests: tests ?? 0, failed: failed ?? 0, skipped: skipped ?? 0 },
    seconds: Math.round((performance.now() - began) / 1_000),
  }
}

export function testFilesLine(report: TestFilesReport): string {
  return `${report.scenario} tests: ${verdictOf(report)}; ${figuresOf(report)}`
}

export function testFilesRow(report: TestFilesReport): TableRow {
  const blanks = Array.from({ length: 8 }, () => '-')
  return [report.scenario, report.mode, verdictOf(report), ...blanks, figuresOf(report)]
}

function verdictOf({ passed, failed, tests, skipped }: TestFilesReport): string {
  if (passed) return 'passed'
  return failed === 0 && tests === skipped ? 'INVALID' : 'FAILED'
}

function figuresOf({ tests, failed, skipped, seconds }: TestFilesReport): string {
  return `${tests} tests, ${failed} failed, ${skipped} skipped in ${seconds} s`
}

/** In the summary at the end of the runner's report. */
function countIn(text: string, what: string): number | undefined {
  const found = [...text.matchAll(new RegExp(`^\\S+ ${what} (\\d+)$`, 'gm'))].at(-1)?.[1]
  return found === undefined ? undefined : Number(found)
}

function filesOf(folder: string, isMeant: (name: string) => boolean): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && isMeant(name))
    .map((name) => join(folder, name))
}
