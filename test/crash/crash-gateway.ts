// A gateway that can be made to die at a point of its path: `CRASH_AT=<point>:<n>`. The program of GatewayProcess; a line
// on standard input starts it, and the end of the input stops it.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type GatewaySeams, startGateway } from '../../src/app/compose.ts'
import { Supervisor } from '../../src/app/supervisor.ts'
import { createTelemetry } from '../../src/app/telemetry.ts'
import { loadConfig } from '../../src/config/load.ts'
import { nodeDisk } from '../../src/spool/node-disk.ts'
import { crashDisk } from './crash-disk.ts'
import { CrashPoints } from './crash-points.ts'
import { watchRequests } from './crash-requests.ts'
import { watchProduceRequests } from './crash-sockets.ts'
import { type Mutation, mutated, withWrite } from './mutations.ts'

const [configFile = ''] = process.argv.slice(2)
const points = new CrashPoints(process.env['CRASH_AT'])
const mutation = mutated(process.env['CRASH_MUTATION'] as Mutation | undefined)
const input = createInterface(process.stdin)
const inputEnded = once(input, 'close')

const started = once(input, 'line')
await Promise.race([started, inputEnded.then(() => process.exit())])

const config = loadConfig(configFile)
const telemetry = createTelemetry(config.logging, 'stderr')
const supervisor = new Supervisor(telemetry.logger)
watchRequests(points)
watchProduceRequests(points)
const seams: GatewaySeams = {
  ...mutation,
  disk: crashDisk(nodeDisk, points),
  wrapIntake: (intake) => (body, arrival) => {
    points.passes('parsed:before')
    const notification = intake(body, arrival)
    points.passes('parsed:after')
    return notification
  },
  wrapRoute: (route) => {
    const watched = withWrite(route, async (items, options) => {
      const receipt = await route.write(items, options)
      points.passes('produce.acked:after')
      return receipt
    })
    return mutation.wrapRoute?.(watched) ?? watched
  },
}
const gateway = await startGateway(config, telemetry, supervisor, seams)
process.stdout.write(`${JSON.stringify({ url: gateway.url })}\n`)

const failed = gateway.failed.catch((err: unknown) => {
  telemetry.logger.error({ err }, 'the gateway can go on no more')
  process.exit(1)
})
await Promise.race([inputEnded, failed])
process.exit((await supervisor.stop(20_000)) ? 0 : 1)
