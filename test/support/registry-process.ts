import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

/**
 * Runs a registry with a configuration file of this text, and further variables, until `stop` is called. Resolves when it
 * answers at `url`; rejects with the last of what it wrote where it does not.
 */
export async function startRegistryProcess(
  command: string,
  config: string,
  url: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-registry-'))
  const file = join(folder, 'config.yml')
  writeFileSync(file, config)
  const child = spawn(command, ['serve', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none', ...variables },
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-3_000)
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  const answers = (): Promise<boolean> =>
    fetch(`${url}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    )
  try {
    await until(answers, { what: () => `${command} does not answer: ${log}` })
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}
