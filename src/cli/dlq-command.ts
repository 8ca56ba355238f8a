import { type Command, Option } from 'commander'
import type { DeadLetterId } from '../operations/dead-letters-id.ts'
import { addConfigOptions } from './config-options.ts'
import type { DlqListOptions, DlqRedriveOptions, DlqShowOptions } from './dlq.ts'
import {
  addFilterOptions,
  deadLetterId,
  deadLetterIds,
  type FilterOptions,
  filterOf,
  perSecond,
  spanProblem,
} from './dlq-options.ts'
import { epilog } from './epilog.ts'

const exits = `2 for a wrong option, 78 for a wrong
configuration.`

/** `dlq list`, `dlq show` and `dlq redrive` with their help. `run` gets the exit code. */
export function addDlqCommand(program: Command, run: (code: number) => void): void {
  const dlq = program.command('dlq').description('events that could not be delivered, and putting them back')
  const list = addConfigOptions(dlq.command('list')).description(
    'say what lies among the dead letters; changes nothing',
  )
  addFilterOptions(list)
    .option('--all', 'also those that have been redriven')
    .option('--json', 'one JSON line for each')
    .addHelpText(
      'after',
      epilog(`
Exit status: 0 when the topic was read, 1 when it could not be, ${exits}

Examples:
  registry-relay dlq list -c registry-relay.yaml
  registry-relay dlq list -c registry-relay.yaml --endpoint audit --repository 'team/**' --since 2h
  registry-relay dlq list -c registry-relay.yaml --json | jq -r .reason | sort | uniq -c`),
    )
    .action(async (options: DlqListOptions) => {
      refuseSpan(list, options)
      run(await (await import('./dlq.ts')).dlqList(options))
    })
  addConfigOptions(dlq.command('show'))
    .description('print one dead letter whole: where it lay, why it was given up, headers, and its Envelope')
    .argument('<partition@offset>', 'as `dlq list` prints it', deadLetterId)
    .option('--json', 'the same for programs')
    .addHelpText(
      'after',
      epilog(`
Prints the event as it is stored: names of users, addresses of clients and whatever else a registry puts into
notifications are not masked. Bytes that cannot be read as an event are printed as hex.

Exit status: 0 when it is there, 1 when it is not or Kafka could not be asked, ${exits}

Examples:
  registry-relay dlq show 0@12 -c registry-relay.yaml
  registry-relay dlq show 0@12 -c registry-relay.yaml --json | jq -r .envelope`),
    )
    .action(async (id: DeadLetterId, options: DlqShowOptions) =>
      run(await (await import('./dlq.ts')).dlqShow(id, options)),
    )
  addRedrive(dlq, run)
}

function addRedrive(dlq: Command, run: (code: number) => void): void {
  const redrive = addConfigOptions(dlq.command('redrive'))
    .description('deliver dead letters that are open, and write down that this was done')
    .argument('[partition@offset...]', 'only these, as `dlq list` prints them', deadLetterIds)
  addFilterOptions(redrive)
    .option('--all-open', 'all that have not been redriven')
    .addOption(
      new Option(
        '--to-endpoint <name>',
        'post them to this endpoint of the configuration (default: the one that did not get them)',
      ).conflicts('toTopic'),
    )
    .option(
      '--to-topic [topic]',
      'write them into this topic again (default: the one that they came from): every endpoint gets them once more',
    )
    .option('--rate <number>', 'a second, at most', perSecond)
    .option('--dry-run', 'only say what would be done; writes nothing')
    .option('--json', 'one JSON line for each')
    .addHelpText(
      'after',
      epilog(`
Which ones must be said: by at least one of the options above, or by --all-open. Those that have been redriven are left
alone, by whatever option they are meant.

Those of a repository are sent one after the other, in the order in which they came here. One that fails three times,
or is refused, stays, and so do all later ones of its repository. An endpoint that fails ten times in a row gets no more.
An interrupt (SIGINT, SIGTERM) ends it after what is under way.

--to-topic appends key, value and headers as they were before; whoever reads that topic, every endpoint of the bridge
among them, gets them again, and behind what was published since.

Exit status: 0 when all of them were redriven, now or before, or there was none, 1 when one is still dead, was held back
or not tried, when there is none where partition@offset says, or Kafka could not be asked, ${exits}

Examples:
  registry-relay dlq redrive -c registry-relay.yaml --endpoint audit --dry-run
  registry-relay dlq redrive -c registry-relay.yaml --endpoint audit --reason DELIVERY_REFUSED --rate 20
  registry-relay dlq redrive 0@12 2@7 -c registry-relay.yaml --to-endpoint audit-new`),
    )
    .action(async (ids: readonly DeadLetterId[], options: DlqRedriveOptions) => {
      refuseSpan(redrive, options)
      const filter = filterOf(options, ids)
      if (filter === undefined && options.allOpen !== true) {
        redrive.error('error: say which: a filter, partition@offset, or --all-open for all that are open')
      }
      run(await (await import('./dlq-redrive.ts')).dlqRedrive(filter ?? {}, options))
    })
}

function refuseSpan(command: Command, options: FilterOptions): void {
  const problem = spanProblem(options)
  if (problem !== undefined) command.error(`error: ${problem}`)
}
