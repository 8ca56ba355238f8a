import { type ConfigOptions, configWords } from './config-options.ts'
import { plainText } from './plain-text.ts'
import { shellWord } from './shell-word.ts'

/** Commands that read the configuration, as texts name them for copying. */
const named = /\bregistry-relay (?:topics|schema|dlq) [a-z]+/g

/** The text with the options that the command was given behind every command in it: without them another configuration is read. */
export function namedCommands(text: string, options: ConfigOptions): string {
  const words = plainText(configWords(options, shellWord))
  return text.replaceAll(named, (command) => `${command}${words}`)
}
