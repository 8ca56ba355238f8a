import { type Command, InvalidArgumentError, Option } from 'commander'
import { addConfigOptions } from './config-options.ts'
import { epilog } from './epilog.ts'
import { positiveNumber, texts, wholeNumber } from './option-values.ts'
import type { ReplayCommandOptions } from './replay-options.ts'

/** `replay` with its help. `run` gets the exit code. */
export function addReplayCommand(program: Command, run: (code: number) => void): void {
  addConfigOptions(program.command('replay'))
    .description(
      'deliver a span of the topic once more, to one endpoint; the offsets of running bridges stay as they are',
    )
    .option(
      '--to-endpoint <name|url>',
      'an endpoint of the configuration, with all its settings, or another URL',
    )
    .option(
      '--from <when>',
      'events received at this time or later: 2026-11-26T09:30:00Z, 2h (ago), or earliest (beginning)',
    )
    .option(
      '--to <when>',
      'events received before this time; latest (now) is what is there at the start (default: latest)',
    )
    .option(
      '--repository <pattern>',
      'only these; * within a segment, ** across; may come several times',
      texts,
    )
    .option('--action <action>', 'only these, as push; may come several times', texts)
    .option('--topic <topic>', 'another topic of events (default: topics.events)')
    .addOption(new Option('--partition <number>', 'only this one').argParser(wholeNumber))
    .addOption(
      new Option('--from-offset <number>', 'in place of --from, of one partition')
        .argParser(offset)
        .conflicts('from'),
    )
    .addOption(
      new Option('--to-offset <number>', 'in place of --to: the first offset that is not meant')
        .argParser(offset)
        .conflicts('to'),
    )
    .option(
      '--rate <number>',
      'requests in a second at most (default: as the endpoint is configured)',
      positiveNumber,
    )
    .option('--id <name>', 'of the replay: goes on with one that was begun (default: a new one)', name)
    .option('--dry-run', 'say which offsets would be read; reads and writes nothing')
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      epilog(`
The span is fixed when the replay starts. Interrupted, it goes on with --id and no other option than a URL, which is not
kept. Events keep their webhook-id, so a receiver can tell what it has had. What the endpoint refuses is named at the
end, and not written to the dead letters.

Exit status: 0 when all was delivered, 1 when some was refused or gone, or when it was interrupted or failed, 2 for a
wrong option, 78 for a wrong configuration.

Examples:
  registry-relay replay -c registry-relay.yaml --to-endpoint search --from 2h
  registry-relay replay -c registry-relay.yaml --to-endpoint http://127.0.0.1:8090/ --from earliest \\
    --repository 'team/**' --action push --rate 50
  registry-relay replay -c registry-relay.yaml --id 20261126-093000-k3x9`),
    )
    .action(async (options: ReplayCommandOptions) => run(await (await import('./replay.ts')).replay(options)))
}

function offset(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 0.')
  return BigInt(text)
}

function name(text: string): string {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(text)) {
    throw new InvalidArgumentError('must be 1 to 100 letters, digits, "_" or "-".')
  }
  return text
}
