import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { plainText } from './plain-text.ts'
import { shellWord } from './shell-word.ts'

/**
 * Ends a command that got more arguments than it takes. A file is most likely the configuration, and the error says how it is
 * given. Nothing else is repeated: it may be the second half of a secret that has a space in it.
 */
export function refuseExcess(command: Command): void {
  const { registeredArguments: taken } = command
  if (taken.at(-1)?.variadic === true) return
  const [excess] = command.args.slice(taken.length)
  if (excess === undefined) return
  const isConfig = command.opts()['config'] === undefined && looksLikeFile(excess)
  const meant = isConfig
    ? `the configuration file is given by -c: -c ${plainText(shellWord(excess))}`
    : `${command.name()} takes ${taken.length === 0 ? 'none' : taken.length}`
  command.error(`error: too many arguments; ${meant}`)
}

function looksLikeFile(text: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(text) || existsSync(text)
}
