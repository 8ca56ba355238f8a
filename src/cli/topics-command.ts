import type { Command } from 'commander'
import { addConfigOptions } from './config-options.ts'
import { epilog } from './epilog.ts'
import type { TopicsCommandOptions } from './topics.ts'

/** `topics plan` and `topics apply` with their help. `run` gets the exit code. */
export function addTopicsCommand(program: Command, run: (code: number) => void): void {
  const topics = program.command('topics').description('the Kafka topics that the relay needs')
  addConfigOptions(topics.command('plan'))
    .description('say which topics are missing and what is wrong with those that exist; changes nothing')
    .option('--json', 'the same for programs')
    .addHelpText(
      'after',
      epilog(`
Exit status: 0 when every topic exists and none has a dangerous setting (a notice does no harm), 1 when something is to
be done or Kafka could not be asked, 2 for a wrong option, 78 for a wrong configuration.

Examples:
  registry-relay topics plan -c registry-relay.yaml
  registry-relay topics plan -c registry-relay.yaml --json | jq '.topics[].findings[]'`),
    )
    .action(async (options: TopicsCommandOptions) =>
      run(await (await import('./topics.ts')).topicsPlan(options)),
    )
  addConfigOptions(topics.command('apply'))
    .description('create the topics that are missing; never alters one that exists, but says what differs')
    .option('--json', 'the same for programs')
    .addHelpText(
      'after',
      epilog(`
Exit status: 0 when every topic exists now, whatever its settings (ask \`topics plan\`), 1 when one could not be created,
2 for a wrong option, 78 for a wrong configuration.`),
    )
    .action(async (options: TopicsCommandOptions) =>
      run(await (await import('./topics.ts')).topicsApply(options)),
    )
}
