// A gateway that says how it is doing: the program of GatewayChild. A line on standard input asks for a state, which
// comes as a line of JSON on standard output; it ends with its parent. What it logs goes to standard error.
import { createInterface } from 'node:readline'
import { startGateway } from '../../src/app/compose.ts'
import { startManagement } from '../../src/app/management.ts'
import { Supervisor } from '../../src/app/supervisor.ts'
import { createTelemetry } from '../../src/app/telemetry.ts'
import { loadConfig } from '../../src/config/load.ts'

const [configFile = ''] = process.argv.slice(2)
const asLoaded = prototypes()

const config = loadConfig(configFile, {})
const telemetry = createTelemetry(config.logging, 'stderr')
const supervisor = new Supervisor(telemetry.logger)
const gateway = await startGateway(config, telemetry, supervisor)
const management = await startManagement(config, telemetry, supervisor, gateway.parts)
say({ url: gateway.url, management })

for await (const _ of createInterface(process.stdin)) {
  // Twice: what the first round makes unreachable through finalizers, the second one takes.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  // Kilobytes.
  const { maxRSS } = process.resourceUsage()
  say({
    heldBytes: heapUsed + external,
    peakBytes: maxRSS * 1024,
    changedPrototypes: changes(asLoaded, prototypes()),
  })
}
process.exit()

/** What a key such as `__proto__` in a body could reach, by name: every own property and its value. */
function prototypes(): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>()
  for (const type of [Object, Array, String, Number, Function, Map, Buffer, Promise]) {
    for (const key of Reflect.ownKeys(type.prototype)) {
      const property = Object.getOwnPropertyDescriptor(type.prototype, key)
      found.set(`${type.name}.prototype.${String(key)}`, property?.value ?? property?.get)
    }
  }
  return found
}

function changes(before: ReadonlyMap<string, unknown>, now: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name))
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
