import { removeContainer, runDockerNow } from './docker-cli.ts'
import type { Variables } from './environment.ts'
import type { ServerRunner } from './managed-server.ts'
import { WatchedProcess } from './watched-process.ts'

/** What it takes to run one server in a container. */
export interface DockerServerOptions {
  readonly name: string
  readonly image: string
  readonly container: string
  /** Port in the container and on 127.0.0.1 of this machine. */
  readonly ports: { readonly inside: number; readonly outside: number }
  /** Variables of the container. */
  readonly settings: Readonly<Record<string, string>>
  readonly variables: Variables
  readonly probe: (timeoutMs: number) => Promise<void>
  readonly prepare?: () => Promise<void>
}

/**
 * A server in a container, run in the foreground by the docker command, whose output and exit status are the server's.
 * The container outlives that command, with its data and its port, until it is removed; so it can be started again.
 */
export function dockerServer(options: DockerServerOptions): ServerRunner {
  const { container, variables } = options
  let paused = false
  const docker = (...parameters: string[]): void => runDockerNow(parameters, variables)
  const resume = (): void => {
    if (paused) docker('unpause', container)
    paused = false
  }
  return {
    name: options.name,
    version: options.image.slice(options.image.lastIndexOf(':') + 1),
    launch: (log, again) =>
      new WatchedProcess({
        command: again ? ['docker', 'start', '--attach', container] : runCommand(options),
        variables,
        container,
        log,
      }),
    signal(_process, name) {
      if (name === 'SIGSTOP') {
        docker('pause', container)
        paused = true
        return
      }
      // Also before the other signals: a paused container cannot be killed.
      resume()
      if (name !== 'SIGCONT') docker('kill', '--signal', name, container)
    },
    probe: options.probe,
    ...(options.prepare === undefined ? {} : { prepare: options.prepare }),
    dispose: () => removeContainer(container, variables),
  }
}

function runCommand(options: DockerServerOptions): string[] {
  const { inside, outside } = options.ports
  const settings = Object.entries(options.settings).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  return [
    'docker',
    'run',
    '--name',
    options.container,
    '--label',
    'registry-relay.local-stack',
    // The image was obtained before; a silent pull here would look like a server that does not answer.
    '--pull=never',
    '--publish',
    `127.0.0.1:${outside}:${inside}`,
    ...settings,
    options.image,
  ]
}
