#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { ServiceSignals } from '../app/service-signals.ts'
import { packageVersion } from '../version.ts'
import { addConfigCommand } from './config-command.ts'
import { addConfigOptions, type ConfigOptions, configSource } from './config-options.ts'
import { addDlqCommand } from './dlq-command.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { epilog } from './epilog.ts'
import { exitCode, reportFailure } from './failure.ts'
import { hintAtHelp } from './help-hint.ts'
import { addLoadgenCommand } from './loadgen-command.ts'
import { httpUrl } from './option-values.ts'
import { OutputWatch } from './output-watch.ts'
import { addReceiverCommand } from './receiver-command.ts'
import { addReplayCommand } from './replay-command.ts'
import { addSchemaCommand } from './schema-command.ts'
import { endNow } from './stop-note.ts'
import { addTailCommand } from './tail-command.ts'
import { addTopicsCommand } from './topics-command.ts'

/** For what is still to be written, and for sockets that are being closed. */
const lingerMs = 2_000

const outputs = new OutputWatch({
  out: process.stdout,
  errors: process.stderr,
  tell: (line) => console.error(line),
  onBroken: () => {
    process.exitCode ||= exitCode.failure
  },
})

const program = new Command('registry-relay')
  .description(
    'Event backbone of a container registry: HTTP notifications -> Avro in Kafka -> HTTP endpoints.',
  )
  .version(packageVersion(), '-V, --version')
  // `schema show` has a `--version` of its own.
  .enablePositionalOptions()
  .exitOverride()

program
  .command('demo')
  .description(
    'start a real Kafka, a schema registry, gateway, bridge and receiver here, and show events travel',
  )
  .option(
    '--once',
    'exit when the samples have travelled: 0 when all came out byte-identical and in order, else 1',
  )
  .option('--json', 'one JSON line when ready and one per delivered event')
  .option('--deliver-to <url>', 'a further endpoint that gets every event', httpUrl)
  .option('--no-samples', 'post nothing')
  .option(
    '--keep <dir>',
    'keep data and ports in this folder for the next start; needs Java and Maven, not Docker',
  )
  .action(async (options) => finish(await (await import('./demo.ts')).demo(options)))

addConfigOptions(program.command('serve'))
  .description('run the gateway: takes notifications over HTTP and keeps them in Kafka')
  .addHelpText('after', serviceExit(', the spool cannot be used or the registry refuses the schema'))
  .action((options) =>
    runSignalled(async (orders) => (await import('./serve.ts')).serve(configSource(options), orders)),
  )

addConfigOptions(program.command('bridge'))
  .description('run the topic bridge: delivers the topic to the HTTP endpoints of the configuration')
  .addHelpText('after', serviceExit())
  .action((options) =>
    runSignalled(async (orders) => (await import('./bridge.ts')).bridge(configSource(options), orders)),
  )

addConfigCommand(program, finish)
addDoctorCommand(program, finish)
addTopicsCommand(program, finish)
addSchemaCommand(program, finish)
addDlqCommand(program, finish)
addReplayCommand(program, finish)
addTailCommand(program, finish)
addLoadgenCommand(program, finish)
addReceiverCommand(program, finish)

hintAtHelp(program)

let given: ConfigOptions = {}
program.hook('preAction', (_program, command) => {
  given = command.opts<ConfigOptions>()
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) finish(error.exitCode === 0 ? exitCode.success : exitCode.usage)
  else finish(reportFailure(error, given))
}

/** Listens before anything is loaded: a signal that nobody listens to ends the process. */
async function runSignalled(run: (orders: ServiceSignals) => Promise<number>): Promise<void> {
  const orders = new ServiceSignals(endNow)
  try {
    finish(await run(orders))
  } finally {
    // Not before the stop is over: whoever is impatient with it signals again.
    orders.release()
  }
}

function finish(code: number): void {
  process.exitCode = outputs.codeOf(code)
  // What keeps the process alive now is a connection that its client lost sight of; the work is done.
  setTimeout(() => process.exit(), lingerMs).unref()
}

/** `ends`: for what else a service that runs gives up and must be started again. */
function serviceExit(ends = ''): string {
  return epilog(`
Runs until SIGINT or SIGTERM; SIGHUP has the configuration read again, and a wrong one changes nothing.
That Kafka or the schema registry is away does not end it: see /readyz.

Exit status: 0 after a clean stop, 1 when a port cannot be had${ends},
when something did not stop in time or a second signal came, 2 for a wrong option, 78 for a wrong configuration.`)
}
