import type { Command } from 'commander'
import type { ConfigCheckOptions } from './config-check.ts'
import { addConfigOptions } from './config-options.ts'
import type { ConfigShowOptions } from './config-show.ts'
import { epilog } from './epilog.ts'

/** `config check` and `config show` with their help. `run` gets the exit code. */
export function addConfigCommand(program: Command, run: (code: number) => void): void {
  const config = program.command('config').description('the configuration, without starting anything')
  addConfigOptions(config.command('check'))
    .description('say everything that is wrong with the configuration at once, and what is worth knowing')
    .option('--json', 'the same for programs')
    .addHelpText(
      'after',
      epilog(`
Reads files only: nothing is connected to.

Exit status: 0 when the configuration can be used, whatever the notes and warnings, 2 for a wrong option, 78 for a wrong
configuration.

Examples:
  registry-relay config check -c registry-relay.yaml
  registry-relay config check -c registry-relay.yaml --set gateway.ackMode=kafka
  registry-relay config check -c registry-relay.yaml --json | jq -r '.findings[].message'`),
    )
    .action(async (options: ConfigCheckOptions) =>
      run((await import('./config-check.ts')).configCheck(options)),
    )
  addConfigOptions(config.command('show'))
    .description('print the value of every key, and where it comes from; secrets are masked')
    .option('--changed', 'only what is not the default')
    .option('--json', 'the same for programs: a list of path, value and source')
    .addHelpText(
      'after',
      epilog(`
A wrong configuration is shown as far as it can be read, and what is wrong with it is said on standard error.

Where a value comes from: file:line, a variable of the environment, --set, or the default. ${'${NAME}'} behind a line says
which variable the file asks for.

Exit status: 0 when the configuration can be used, 2 for a wrong option, 78 for a wrong configuration.

Examples:
  registry-relay config show --changed
  registry-relay config show -c registry-relay.yaml --json | jq -r '.[] | select(.path == "kafka.brokers").value'`),
    )
    .action(async (options: ConfigShowOptions) => run((await import('./config-show.ts')).configShow(options)))
}
