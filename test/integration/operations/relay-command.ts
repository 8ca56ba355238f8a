import { execFile } from 'node:child_process'
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
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', program, ...parameters],
      (_error, stdout, stderr) => resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

/** A file with this text, gone with the test; its path. */
export function textFile(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-command-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
