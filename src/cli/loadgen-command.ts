import { type Command, InvalidArgumentError, Option } from 'commander'
import { addConfigOptions } from './config-options.ts'
import { epilog } from './epilog.ts'
import type { LoadgenCommandOptions } from './loadgen-options.ts'
import { httpUrl, positiveNumber, positiveWhole, wholeNumber } from './option-values.ts'

/** `loadgen` with its help. `run` gets the exit code. */
export function addLoadgenCommand(program: Command, run: (code: number) => void): void {
  addConfigOptions(program.command('loadgen'))
    .description('post as registries do, and count what is lost, doubled or out of order at the far end')
    .requiredOption(
      '--url <url>',
      'where the gateway takes notifications; nothing else is posted to',
      httpUrl,
    )
    .addOption(
      new Option('--as <registry>', 'whose habits and format; distribution is version 3')
        .choices(['distribution', 'distribution-2', 'gitlab'])
        .default('distribution'),
    )
    .addOption(count('--registries <n>', 'each posts one event after the other').default(4))
    .addOption(count('--repositories <n>', 'of each registry').default(10))
    .addOption(count('--events <n>', 'of all registries together (default: 1000, or as --seconds gives)'))
    .addOption(number('--seconds <n>', 'events happen for so long'))
    .addOption(
      number('--rate <n>', 'events a second, of all registries together (default: as fast as answered)'),
    )
    .option('--token <token>', 'sent as Authorization: Bearer')
    .option('--header <name=value>', 'a further header line; may come several times', header)
    .addOption(
      new Option(
        '--verify <where>',
        'topic reads it, receiver takes what the bridge posts (default: receiver with --receiver, else topic where there is a configuration)',
      ).choices(['topic', 'receiver', 'none']),
    )
    .addOption(
      new Option(
        '--receiver <host:port>',
        'of the receiver here; an endpoint of the bridge points at it',
      ).argParser(hostPort),
    )
    .addOption(
      number('--patience <seconds>', 'without an arrival, before what is missing is lost').default(30),
    )
    .addOption(
      new Option('--seed <n>', 'of what is made up (default: another one each time)').argParser(wholeNumber),
    )
    .addOption(count('--timeout <ms>', 'of an attempt').default(1_000))
    .addOption(count('--threshold <n>', 'distribution: attempts without a pause').default(10))
    .addOption(
      count('--backoff <ms>', 'pause between further attempts; gitlab: before the first retry').default(
        1_000,
      ),
    )
    .addOption(count('--max-retries <n>', 'gitlab: then it drops the event').default(10))
    .option(
      '--allow-altered',
      'other bytes at the far end are meant (default: where the configuration redacts)',
    )
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      epilog(`
Events carry a number for each repository, in digests and tags. When all has arrived it listens for two more seconds, for
late repeats. Ctrl-C ends the posting, a second time the waiting; what is known is printed. The same seed makes the same
events but for their times, so that they are new ones to a gateway.

Exit status: 0 when something was posted, all of it taken, and it arrived as it was posted and in order, as far as anybody
looked; else 1, also when the gateway does not answer; 2 for a wrong option, 78 for a wrong configuration.

Examples:
  registry-relay loadgen --url http://127.0.0.1:8080/notifications -c registry-relay.yaml --rate 200 --seconds 60
  registry-relay loadgen --url http://127.0.0.1:8080/notifications --as gitlab --verify receiver \\
    --receiver 127.0.0.1:8090 --events 5000`),
    )
    .action(async (options: LoadgenCommandOptions) =>
      run(await (await import('./loadgen.ts')).loadgen(options)),
    )
}

function count(flags: string, description: string): Option {
  return new Option(flags, description).argParser(positiveWhole)
}

function number(flags: string, description: string): Option {
  return new Option(flags, description).argParser(positiveNumber)
}

function header(
  text: string,
  before: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\t\x20-\x7e\x80-\xff]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('must be as Name=value.')
  return [...before, [name, value]]
}

function hostPort(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === '' || Number(port) > 65_535) throw new InvalidArgumentError('must be as 127.0.0.1:8090.')
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
