import type { Command } from 'commander'

/** Behind an error stands where the help is, and not the help: the error would scroll away. For a command and all below it. */
export function hintAtHelp(command: Command, path: string = command.name()): void {
  command.showHelpAfterError(helpHint(path))
  for (const below of command.commands) hintAtHelp(below, `${path} ${below.name()}`)
}

export function helpHint(path: string): string {
  return `see ${path} --help`
}
