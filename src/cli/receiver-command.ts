import { type Command, InvalidArgumentError, Option } from 'commander'
import { epilog } from './epilog.ts'
import type { ReceiverCommandOptions } from './receiver.ts'

/** `receiver` with its help. `run` gets the exit code. */
export function addReceiverCommand(program: Command, run: (code: number) => void): void {
  program
    .command('receiver')
    .description('a small HTTP service that prints every notification it gets, for trying out')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 lets the system choose')
        .argParser((text) => whole(text, 0, 65_535, 'a port'))
        .default(8_090),
    )
    .addOption(
      new Option('--status <code>', 'what it answers to each of them, 200 to 599')
        .argParser((text) => whole(text, 200, 599, 'a status'))
        .default(200),
    )
    .addHelpText(
      'after',
      epilog(`
Answers of other kinds show what a bridge does then: it tries again after 503, puts the event among the dead letters at 422,
and delivers nothing more to an endpoint that answered 410.

Exit status: 0 after a stop, 1 when it cannot listen, 2 for a wrong option.

Examples:
  registry-relay receiver
  registry-relay receiver --port 8091 --status 422`),
    )
    .action(async (options: ReceiverCommandOptions) =>
      run(await (await import('./receiver.ts')).receiver(options)),
    )
}

function whole(text: string, min: number, max: number, what: string): number {
  const value = Number(text)
  if (/^\d{1,5}$/.test(text) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`must be ${what}, ${min} to ${max}.`)
}
