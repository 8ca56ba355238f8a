import { type Command, InvalidArgumentError, Option } from 'commander'
import { addConfigOptions } from './config-options.ts'
import { epilog } from './epilog.ts'
import type { SchemaCheckOptions, SchemaRegisterOptions, SchemaShowOptions } from './schema.ts'

const levels = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
  'NONE',
]

/** `schema check`, `schema register` and `schema show` with their help. `run` gets the exit code. */
export function addSchemaCommand(program: Command, run: (code: number) => void): void {
  const schema = program.command('schema').description('the Avro schema of events in the schema registry')
  addConfigOptions(schema.command('check'))
    .description(
      'say whether the schema is registered for every topic of events, or could be; changes nothing',
    )
    .option('--schema <file>', 'another schema (.avsc) than the one that this relay writes')
    .option('--no-lint', 'only ask the registry: leave out the house rules, which find what it does not')
    .option('--json', 'the same for programs')
    .addHelpText(
      'after',
      epilog(`
Exit status: 0 when the schema is registered under every subject or could be, 1 when a subject would refuse it, when a
schema that is not registered yet breaks the house rules, or when the registry could not be asked, 2 for a wrong
option, 78 for a wrong configuration or schema file.

Examples:
  registry-relay schema check -c registry-relay.yaml
  registry-relay schema check -c registry-relay.yaml --schema my-registry-event.avsc --json`),
    )
    .action(async (options: SchemaCheckOptions) =>
      run(await (await import('./schema.ts')).schemaCheck(options)),
    )
  addConfigOptions(schema.command('register'))
    .description('register the schema for every topic of events; what is there already stays as it is')
    .option('--schema <file>', 'another schema (.avsc) than the one that this relay writes')
    .addOption(
      new Option(
        '--set-compatibility <level>',
        'also set the level of these subjects; FULL_TRANSITIVE suits this schema (default: levels stay as they are)',
      ).choices(levels),
    )
    .option('--no-lint', 'also register what breaks the house rules, if the registry takes it')
    .option('--json', 'the same for programs')
    .addHelpText(
      'after',
      epilog(`
Exit status: 0 when the schema is registered under every subject now, 1 when one refused it (with the reasons), when a
schema that is not registered yet breaks the house rules, or when the registry could not be asked, 2 for a wrong option,
78 for a wrong configuration or schema file.

Examples:
  registry-relay schema register -c registry-relay.yaml
  registry-relay schema register -c registry-relay.yaml --set-compatibility FULL_TRANSITIVE`),
    )
    .action(async (options: SchemaRegisterOptions) =>
      run(await (await import('./schema.ts')).schemaRegister(options)),
    )
  addConfigOptions(schema.command('show'))
    .description('print what the registry has, and whether it is the schema that this relay writes')
    .option('--subject <subject>', 'another subject than those of the topics of events')
    .option('--version <number>', 'of the subject', version, 'latest')
    .addOption(
      new Option('--id <number>', 'the schema of this id, whatever its subject, as records name it')
        .argParser(positive)
        .conflicts(['subject']),
    )
    .option('--json', 'the same for programs: a list, with the schema as JSON')
    .addHelpText(
      'after',
      epilog(`
Exit status: 0 when what was asked for is there, 1 when it is not or the registry could not be asked, 2 for a wrong
option, 78 for a wrong configuration.

Examples:
  registry-relay schema show -c registry-relay.yaml
  registry-relay schema show -c registry-relay.yaml --subject registry.events.v1-value --version 1
  registry-relay schema show -c registry-relay.yaml --id 7 --json | jq '.[0].schema'`),
    )
    .action(async (options: SchemaShowOptions) =>
      run(await (await import('./schema.ts')).schemaShow(options)),
    )
}

function version(text: string): number | 'latest' {
  return text === 'latest' ? text : positive(text)
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number above 0.')
  return Number(text)
}
