import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./gateway-program.ts', import.meta.url))

export interface GatewayChildOptions {
  /** The block `gateway` of the configuration, but for its port. */
  readonly gateway?: object
  /** The rest of the configuration: what differs from a Kafka that is away. */
  readonly config?: object
  /** For node itself. */
  readonly nodeOptions?: readonly string[]
}

/** What the process says of itself after a collection of garbage. */
export interface ChildState {
  /** Heap and buffers. */
  readonly heldBytes: number
  /** The most memory that the process had since it began. */
  readonly peakBytes: number
  readonly changedPrototypes: readonly string[]
}

/** What ends with a test, or with a part of a script. */
export interface Scope {
  after(end: () => unknown): void
}

interface Output {
  readonly stdout: string[]
  readonly stderr: string[]
}

/** A gateway as a process of its own, seen from outside. Its Kafka is away, so that all it keeps stays in its spool. */
export class GatewayChild {
  readonly url: string
  readonly port: number
  /** Base URL. */
  readonly management: string
  readonly folder: string
  readonly #child: ChildProcess
  readonly #output: Output
  readonly #lines: AsyncIterator<string>

  private constructor(
    child: ChildProcess,
    folder: string,
    output: Output,
    lines: AsyncIterator<string>,
    said: { readonly url: string; readonly management: string },
  ) {
    this.#child = child
    this.#output = output
    this.#lines = lines
    this.folder = folder
    this.url = said.url
    this.port = Number(new URL(said.url).port)
    this.management = said.management
  }

  /** Resolves when it listens. Stopped, and its folder removed, when the scope ends. */
  static async start(scope: Scope, options: GatewayChildOptions = {}): Promise<GatewayChild> {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
    scope.after(() => rmSync(folder, { recursive: true, force: true }))
    const configFile = join(folder, 'gateway.yaml')
    // JSON is YAML.
    writeFileSync(configFile, JSON.stringify(configOf(options)))
    const arguments_ = ['--expose-gc', ...(options.nodeOptions ?? []), '--import', 'tsx', program, configFile]
    const child = spawn(process.execPath, arguments_, { stdio: ['pipe', 'pipe', 'pipe'] })
    scope.after(() => child.kill('SIGKILL'))
    const output: Output = { stdout: [], stderr: [] }
    child.stdout.on('data', (chunk: Buffer) => output.stdout.push(chunk.toString('latin1')))
    child.stderr.on('data', (chunk: Buffer) => output.stderr.push(chunk.toString('latin1')))
    // Of a process that ended: the next question to it fails and says so.
    child.stdin.on('error', () => undefined)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`the gateway ended before it listened: ${output.stderr.join('')}`)
    return new GatewayChild(child, folder, output, lines, JSON.parse(value))
  }

  get spoolFolder(): string {
    return join(this.folder, 'spool')
  }

  /** All that it wrote to standard output and standard error; one character per byte. */
  get output(): string {
    return [...this.#output.stdout, ...this.#output.stderr].join('')
  }

  /** What did not come from the log: warnings of node, and whatever else nobody expects. */
  get warnings(): readonly string[] {
    const lines = this.#output.stderr.join('').split('\n')
    return lines.filter((line) => line !== '' && !line.startsWith('{'))
  }

  /** Rejects when the process is gone. */
  async state(): Promise<ChildState> {
    this.#child.stdin?.write('state\n')
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`the gateway has ended: ${this.output.slice(-2_000)}`)
    return JSON.parse(value)
  }

  /**
   * Ends it with kill -9, from which what was answered 200 is safe. Rejects when the process had ended before.
   */
  async stop(): Promise<void> {
    await this.state()
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }
}

function configOf({ gateway, config }: GatewayChildOptions): object {
  return {
    kafka: { brokers: ['127.0.0.1:1'] },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    logging: { level: 'debug', format: 'json' },
    spool: { folder: 'spool' },
    management: { port: 0 },
    ...config,
    gateway: { port: 0, ...gateway },
  }
}
