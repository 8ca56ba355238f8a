import { execFile, spawnSync } from 'node:child_process'
import type { Clock } from '../clock.ts'
import type { StackEnvironment, Variables } from './environment.ts'
import { runTool } from './tool-run.ts'

/** A daemon that is there answers within milliseconds; one that hangs must not hold up the other ways. */
const daemonTimeoutMs = 5000
const commandTimeoutMs = 30_000

/** Why containers cannot be used here, or undefined when a daemon answers on this machine. */
export async function lackingDocker(environment: StackEnvironment): Promise<string | undefined> {
  if (environment.remoteDocker !== undefined) {
    return `the Docker daemon is on another machine (DOCKER_HOST=${environment.remoteDocker})`
  }
  const asked = await ask(
    ['version', '--format', '{{.Server.Version}}'],
    environment.variables,
    daemonTimeoutMs,
  )
  if (asked.ok) return undefined
  return asked.missing ? 'no docker command on the PATH' : 'no Docker daemon answers'
}

/** The image, already here or pulled. Resolves with why it cannot be had. */
export async function obtainImage(
  image: string,
  variables: Variables,
  clock: Clock,
  onLayers: (done: number, all: number) => void,
): Promise<string | undefined> {
  const inspected = await ask(['image', 'inspect', image], variables, commandTimeoutMs)
  if (inspected.ok) return undefined
  let text = ''
  const { failure, log } = await runTool({
    command: ['docker', 'pull', image],
    variables,
    clock,
    onOutput(more) {
      text = (text + more).slice(-1_000_000)
      onLayers(
        count(text, /: (?:Pull complete|Already exists)$/gm),
        count(text, /: (?:Pulling fs layer|Already exists)$/gm),
      )
    },
  })
  if (failure === undefined) return undefined
  return `the image ${image} cannot be had (${log.excerpt(1).trim()})`
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** For signals: what pause() promises must be true when it returns, and a failure shows in what the server does next. */
export function runDockerNow(parameters: readonly string[], variables: Variables): void {
  spawnSync('docker', parameters, { env: variables, stdio: 'ignore', timeout: commandTimeoutMs })
}

/** Removes a container whatever its state; nothing happens when there is none. */
export async function removeContainer(name: string, variables: Variables): Promise<void> {
  await ask(['rm', '--force', '--volumes', name], variables, commandTimeoutMs)
}

function ask(
  parameters: readonly string[],
  variables: Variables,
  timeout: number,
): Promise<{ ok: boolean; missing: boolean }> {
  return new Promise((resolve) => {
    execFile('docker', parameters, { env: variables, timeout }, (error) => {
      resolve({ ok: error === null, missing: error?.code === 'ENOENT' })
    })
  })
}
