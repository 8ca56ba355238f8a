import { type ChildProcess, execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

export interface CommandEnd {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** `registry-relay` as a process of its own, to its end. */
export function relayCommand(...parameters: readonly string[]): Promise<CommandEnd> {
  return startRelay(...parameters).end
}

/** The same, with the process while it runs. */
export function startRelay(...parameters: readonly string[]): {
  readonly child: ChildProcess
  readonly end: Promise<CommandEnd>
} {
  const child = execFile(process.execPath, ['--import', 'tsx', program, ...parameters])
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (text: string) => {
      texts[name] += text
    })
  }
  const end = new Promise<CommandEnd>((resolve) => {
    child.on('close', (code) => resolve({ status: code ?? -1, ...texts }))
  })
  return { child, end }
}

/** A file with this text, gone with the test; its path. */
export function textFile(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-command-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
