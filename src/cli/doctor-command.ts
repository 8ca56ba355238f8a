import { type Command, InvalidArgumentError, Option } from 'commander'
import { addConfigOptions } from './config-options.ts'
import type { DoctorCommandOptions } from './doctor.ts'
import { epilog } from './epilog.ts'

/** `doctor` with its help. `run` gets the exit code. */
export function addDoctorCommand(program: Command, run: (code: number) => void): void {
  addConfigOptions(program.command('doctor'))
    .description(
      'look at everything that the relay needs (configuration, Kafka, topics, rights, schema, spool, ports, endpoints) and say what to do; changes nothing',
    )
    .addOption(
      new Option(
        '--for <service>',
        'only what this service needs; default: both, without endpoints only serve',
      ).choices(['serve', 'bridge']),
    )
    .option('--only <parts>', 'a list of parts: kafka,topics; what they need is looked at too', list)
    .option('--timeout <seconds>', 'for each check; all together take up to six times as long', seconds, 8)
    .option('--json', 'one object, for programs')
    .addHelpText(
      'after',
      epilog(`
Parts: config, process, kafka, topics, rights, schema, spool, gateway, endpoints, clock.

Without --for, what concerns the bridge is looked at where the configuration has endpoints. Nothing is written to Kafka, no
event is posted: an endpoint is asked with HEAD, without headers of the configuration (a token in its URL is sent). Run it on the
machine and as the user of the relay, also beside one that runs.

Exit status: 0 when nothing is wrong (there may be warnings), 1 when something is, 2 for a wrong option, 78 for a wrong
configuration.

Examples:
  registry-relay doctor -c registry-relay.yaml
  registry-relay doctor --only kafka,topics
  registry-relay doctor --json | jq '.checks[] | select(.state == "error")'`),
    )
    .action(async (options: DoctorCommandOptions) => run(await (await import('./doctor.ts')).doctor(options)))
}

function list(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim())
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value >= 1 && value <= 120)) throw new InvalidArgumentError('must be 1 to 120 seconds.')
  return value
}
