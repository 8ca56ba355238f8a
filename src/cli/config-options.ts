import type { Command } from 'commander'
import type { ConfigSource } from '../config/config-source.ts'
import { isSecretName, maskUrls } from '../config/mask.ts'
import { refuseExcess } from './excess-arguments.ts'

/** The options of {@link addConfigOptions}, as the command line has them. */
export interface ConfigOptions {
  readonly config?: string | undefined
  readonly set?: readonly string[] | undefined
}

/** `--config` and `--set`, which every command has that reads the configuration. An argument too many is refused. */
export function addConfigOptions(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'configuration file (default: $REGISTRY_RELAY_CONFIG, or ./registry-relay.yaml)',
    )
    .option(
      '--set <path=value>',
      'a value that beats the one of the file, as kafka.brokers=host:9092; may come several times',
      (text: string, before: readonly string[] = []) => {
        // Not as commander says it: that would repeat the text, which may be a secret.
        if (!/^\s*[^\s=][^=]*=/.test(text)) {
          command.error('error: --set must be path=value, as kafka.brokers=host:9092')
        }
        return [...before, text]
      },
    )
    .allowExcessArguments()
    .hook('preAction', () => refuseExcess(command))
}

export function configSource({ config, set = [] }: ConfigOptions): ConfigSource {
  return { file: config, settings: set }
}

/**
 * The same options for a command line that is to be run again, in front of each a space. Secrets are left to whoever knows
 * them: outputs end up in logs.
 */
export function configWords({ config, set = [] }: ConfigOptions, quoted: (word: string) => string): string {
  const words = [
    ...(config === undefined ? [] : ['-c', config]),
    ...set.flatMap((one) => ['--set', withoutSecret(one)]),
  ]
  return words.map((word) => ` ${quoted(word)}`).join('')
}

function withoutSecret(setting: string): string {
  const [path = ''] = setting.split('=', 1)
  const isPlain = path.split('.').every((key) => !isSecretName(key))
  return isPlain && maskUrls(setting) === setting && !setting.includes('{')
    ? setting
    : `${path}=<the same value>`
}
