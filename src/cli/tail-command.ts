import { type Command, Option } from 'commander'
import { addConfigOptions } from './config-options.ts'
import { epilog } from './epilog.ts'
import { positiveWhole, texts, wholeNumber } from './option-values.ts'
import type { TailCommandOptions } from './tail-options.ts'

/** `tail` with its help. `run` gets the exit code. */
export function addTailCommand(program: Command, run: (code: number) => void): void {
  addConfigOptions(program.command('tail'))
    .description('print the events of the topic as they come; no consumer group of others notices')
    .option('--topic <topic>', 'only this one; may come several times (default: all topics of events)', texts)
    .option(
      '--from <when>',
      'where to begin: beginning, now, 2h (ago), 2026-11-26T09:30:00Z, or an offset of --partition (default: now)',
    )
    .addOption(new Option('--partition <number>', 'only this one').argParser(wholeNumber))
    .option(
      '--repository <pattern>',
      'only these; * within a segment, ** across; may come several times',
      texts,
    )
    .option('--action <action>', 'only these, as push; may come several times', texts)
    .option('--media-type <pattern>', 'only these, as *manifest*; may come several times', texts)
    .option('--actor <pattern>', 'only these, as ci-*; may come several times', texts)
    .addOption(new Option('--limit <n>', 'end after so many').argParser(positiveWhole))
    .option('--no-follow', 'end where the topic ends now')
    .addOption(
      new Option('--json', 'one JSON object a line: where the record lies, and the event').conflicts(
        'envelope',
      ),
    )
    .option('--envelope', 'the notification as it was received, one a line')
    .option('-v, --verbose', 'with topic, partition and offset')
    .addHelpText(
      'after',
      epilog(`
The time is the one of receipt, in UTC. Records that cannot be read are named and passed over. While Kafka is away the
command waits and says so. A reading is a consumer group <bridge.group>.reader.<random> that commits nothing.

Exit status: 0 at the end of what was asked for, when interrupted and when nobody reads the output any more; 1 when it
failed, 2 for a wrong option, 78 for a wrong configuration.

Examples:
  registry-relay tail -c registry-relay.yaml
  registry-relay tail --from 2h --repository 'team/**' --action push --action delete
  registry-relay tail --from beginning --no-follow --json | jq -r .event.target.repository | sort | uniq -c`),
    )
    .action(async (options: TailCommandOptions) => run(await (await import('./tail.ts')).tail(options)))
}
